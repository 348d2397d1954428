namespace IpcDemos.Shared.Tests.Managers;

/// <summary>What clients may do with an account.</summary>
public interface IAccount
{
    int Balance { get; }

    Task PayAsync(int amount);
}
