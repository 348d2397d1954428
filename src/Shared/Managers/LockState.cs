using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Managers;

/// <summary>The answer to acquiring, as a number on the wire: 0, 1, or 2 and who died holding it.</summary>
internal static class LockState
{
    public const long NotAcquired = 0;
    private const long Acquired = 1;
    private const long Abandoned = 2;

    public static long AcquiredAfter(int deadProcessId) => deadProcessId == 0 ? Acquired : Abandoned | ((long)deadProcessId << 8);

    public static LockResult ToResult(long state) => new(
        (state & 0xff) != NotAcquired,
        (state & 0xff) == Abandoned ? new Abandonment((int)(state >> 8), null) : null);
}
