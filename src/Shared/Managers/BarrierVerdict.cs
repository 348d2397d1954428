using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Managers;

/// <summary>The answer to waiting at a barrier, as a number on the wire: the party's own, or below 0 why the barrier is broken.</summary>
internal static class BarrierVerdict
{
    public static long Broken(BarrierBreak cause, int processId) => -(((long)processId << 8) | (long)cause);

    /// <exception cref="BrokenBarrierException">It is broken.</exception>
    public static int ToIndex(long verdict) => verdict >= 0
        ? (int)verdict
        : throw new BrokenBarrierException((BarrierBreak)(-verdict & 0xff), (int)(-verdict >> 8), null);
}
