namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// The blocking twin of an operation that is written once, with a flag for how it waits: told to block, it has completed
/// when it returns.
/// </summary>
internal static class Blocking
{
    public static T Result<T>(ValueTask<T> completed) =>
        completed.IsCompleted
            ? completed.GetAwaiter().GetResult()
            : throw new InvalidOperationException("An operation that was told to block went on asynchronously.");

    public static void Wait(ValueTask completed) => _ = Result(Wrap(completed));

    private static async ValueTask<bool> Wrap(ValueTask completed)
    {
        await completed.ConfigureAwait(false);
        return true;
    }
}
