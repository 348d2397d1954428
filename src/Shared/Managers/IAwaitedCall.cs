namespace IpcDemos.Shared.Managers;

/// <summary>What is to be told that a call is done.</summary>
internal interface IAwaitedCall
{
    /// <summary>Runs nothing that may take long.</summary>
    /// <param name="hasFailed">Whether there is no result.</param>
    void Complete(bool hasFailed);
}
