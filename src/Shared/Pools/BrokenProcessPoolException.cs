namespace IpcDemos.Shared.Pools;

/// <summary>
/// The pool can start no worker, and tried several times: its initializer throws, or workers end before they are ready. The inner
/// exception tells how the last one ended. (Python: <c>BrokenProcessPool</c>.)
/// </summary>
public sealed class BrokenProcessPoolException : InvalidOperationException
{
    internal BrokenProcessPoolException(int attempts, Exception lastFailure)
        : base(
            $"The process pool is broken: {attempts} worker(s) in a row could not be made ready. The last one: {lastFailure.Message}",
            lastFailure)
    {
    }
}
