namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>What a waiter for a mutex wants.</summary>
/// <param name="flow">Which thread or flow of its process it is; 0 where only the process matters.</param>
/// <param name="depth">How often it is to have acquired the mutex.</param>
internal sealed class MutexClaim(ulong flow, int depth)
{
    public ulong Flow => flow;

    public int Depth => depth;

    /// <summary>Set for one that comes back from waiting for a condition: what the wait is to say.</summary>
    public long? Verdict { get; set; }

    /// <summary>Whether the wait for the condition was cancelled; the mutex has to be acquired again all the same.</summary>
    public bool IsCancelled { get; set; }
}
