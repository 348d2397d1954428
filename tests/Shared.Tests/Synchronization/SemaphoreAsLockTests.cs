using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>A semaphore with a single count is a lock, but for not telling of deaths.</summary>
public sealed class SemaphoreAsLockTests : LockContract<ProcessSemaphore, SemaphoreAsLockTests.Kind>
{
    public readonly struct Kind : ILockKind<ProcessSemaphore>
    {
        public static bool TellsAbandonment => false;

        public static ProcessSemaphore Create() => new(1, 1);

        public static LockResult Acquire(ProcessSemaphore mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
            new(mutex.Acquire(timeout, cancellationToken));

        public static async ValueTask<LockResult> AcquireAsync(ProcessSemaphore mutex, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
            new(await mutex.AcquireAsync(timeout, cancellationToken));

        public static LockHold Hold(ProcessSemaphore mutex, TimeSpan? timeout = null) => mutex.Hold(timeout);

        public static ValueTask<LockHold> HoldAsync(ProcessSemaphore mutex, TimeSpan? timeout = null) => mutex.HoldAsync(timeout);

        public static void Release(ProcessSemaphore mutex) => mutex.Release();
    }
}
