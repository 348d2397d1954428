namespace IpcDemos.Shared.Tests.Managers;

/// <summary>Lives in the server, where calls of several clients run at the same time.</summary>
internal sealed class Account(int balance) : IAccount
{
    private int _balance = balance;

    public int Balance => Volatile.Read(ref _balance);

    public Task PayAsync(int amount)
    {
        _ = Interlocked.Add(ref _balance, -amount);
        return Task.CompletedTask;
    }
}
