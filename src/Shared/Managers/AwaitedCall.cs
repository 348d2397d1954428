namespace IpcDemos.Shared.Managers;

/// <summary>The task of a call for which no thread blocks, and which nobody can cancel.</summary>
/// <remarks>
/// Whoever reads the answers serves every call of this process, so it completes by itself only what runs no code of the program's:
/// results that nothing of it takes part in reading, with the continuations elsewhere. All else is a work item of its own, in which
/// the continuations run as well. Either way there is one change of thread, and none at all if nobody awaits the task yet.
/// </remarks>
/// <typeparam name="T">The result; <see cref="NoResult"/> if only the end of the call matters.</typeparam>
internal sealed class AwaitedCall<T>(PendingCall call)
    : TaskCompletionSource<T>(s_isPlain ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None), IAwaitedCall, IThreadPoolWorkItem
{
    private static readonly bool s_isPlain = typeof(T).IsPrimitive || typeof(T) == typeof(string) || typeof(T) == typeof(NoResult);

    public void Complete(bool hasFailed)
    {
        if (s_isPlain && !hasFailed)
        {
            Execute();
        }
        else
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    public void Execute()
    {
        T result;
        try
        {
            call.ThrowIfFailed(CancellationToken.None);
            result = typeof(T) == typeof(NoResult) ? default! : call.Read<T>();
        }
        catch (Exception error)
        {
            SetException(error);
            return;
        }

        SetResult(result);
    }
}
