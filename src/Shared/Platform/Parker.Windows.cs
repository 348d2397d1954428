using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

internal sealed partial class Parker
{
    /// <summary>Set by <see cref="Unpark"/>; made when a thread first parks.</summary>
    private volatile AutoResetEvent? _interruption;

    [SupportedOSPlatform("windows")]
    private void ParkThreadOnEvent(WaitWord word, uint expected, Deadline deadline)
    {
        AutoResetEvent interruption = _interruption ??= new AutoResetEvent(initialState: false);
        Interlocked.MemoryBarrier();
        using EventWaitHandle generation = word.OpenGeneration(out uint number);
        if (!TakePermit() && word.MustWait(number, expected))
        {
            _ = WaitHandle.WaitAny([generation, interruption], deadline.Remaining);
            _ = TakePermit();
        }
    }

    [SupportedOSPlatform("windows")]
    private static GenerationWait? BeginWaitOnEvent(WaitWord word, uint expected, TaskCompletionSource wait)
    {
        EventWaitHandle generation = word.OpenGeneration(out uint number);
        if (word.MustWait(number, expected))
        {
            return new GenerationWait(generation, wait);
        }

        generation.Dispose();
        _ = wait.TrySetResult();
        return null;
    }

    private sealed class GenerationWait : IDisposable
    {
        private readonly EventWaitHandle _generation;
        private readonly RegisteredWaitHandle _registration;

        public GenerationWait(EventWaitHandle generation, TaskCompletionSource wait)
        {
            _generation = generation;
            _registration = ThreadPool.UnsafeRegisterWaitForSingleObject(
                generation, (_, _) => wait.TrySetResult(), null, Timeout.Infinite, executeOnlyOnce: true);
        }

        public void Dispose()
        {
            _ = _registration.Unregister(null);
            _generation.Dispose();
        }
    }
}
