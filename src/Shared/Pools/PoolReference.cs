using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// A program's reference to what runs its pool, which knows nothing of the program's object: so that one, with this, can be collected while
/// there are workers, and whoever forgot it is told. A handle, to what only happens to be no operating system's.
/// </summary>
internal sealed class PoolReference : SafeHandle
{
    private const nint Held = 1;

    public PoolReference(PoolScheduler scheduler)
        : base(0, ownsHandle: true)
    {
        Scheduler = scheduler;
        SetHandle(Held);
    }

    public PoolScheduler Scheduler { get; }

    public override bool IsInvalid => handle != Held;

    /// <summary>Elsewhere, since the log may be the program's own code, which must not hold up what others have to finalize.</summary>
    protected override bool ReleaseHandle() =>
        ThreadPool.UnsafeQueueUserWorkItem(static forgotten => forgotten.Forget(), Scheduler, preferLocal: false);
}
