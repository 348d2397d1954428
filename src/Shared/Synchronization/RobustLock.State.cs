using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>
/// Every transition of the lock word. With h and d for identities of processes, of which d has ended, and +w for the mark
/// of waiters:
/// <code>
///     0        -> h        TryTake        a free lock is taken
///     h        -> h+w      TryMark        by a waiter, before it parks on h+w
///     h, h+w   -> 0        Release        by h; if the mark was there, all who are parked are woken afterwards
///     d, d+w   -> h        TryTakeOver    by whoever has proof that d has ended
/// </code>
/// <para>
/// Why nobody sleeps for ever. A waiter parks only on the word h+w that it saw, while it watches the process h. What ends
/// h's possession is either h itself, which then wakes all, or h's death, of which every waiter's own watch tells it. h may
/// also be killed between its <c>Release</c> and the waking; then the watch does what the waking would have done. So each who
/// is parked wakes at the end of the possession it parked under, whatever happens to others who were woken with it, and
/// the mark need not survive the possession: it is set anew by whoever parks under the next.
/// </para>
/// <para>
/// Why d is never somebody else. The identity holds the start time, so the word of a dead process cannot become that of a
/// live one by the reuse of a number, and no live process ever writes the word of d.
/// </para>
/// </content>
internal sealed unsafe partial class RobustLock
{
    private const ulong Mark = 1ul << 31;

    private static readonly ulong s_self = ProcessIdentity.Current.Packed;

    private readonly RobustLockState* _state;

    private ulong Seen => Volatile.Read(ref _state->Holder);

    private WaitWord Word => new((uint*)&_state->Holder, &_state->Cell);

    private static ProcessIdentity HolderIn(ulong word) => ProcessIdentity.FromPacked(word & ~Mark);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake() => Interlocked.CompareExchange(ref _state->Holder, s_self, 0) == 0;

    private bool TryTakeOver(ulong seen, ProcessWatch ended, out Abandonment abandonment)
    {
        abandonment = new Abandonment(ended.Process.ProcessId, ended.ExitCode);
        if (Interlocked.CompareExchange(ref _state->Holder, s_self, seen) != seen)
        {
            return false;
        }

        // Dying here, we are the one who abandons it next, which is all that the one after us needs to know.
        CrashPoint.Reach("lock.taken-over");
        _state->AbandonerExitCode = ended.ExitCode ?? int.MinValue;
        Volatile.Write(ref _state->Abandoner, ended.Process.Packed); // behind the exit code, for those who look without the lock
        return true;
    }

    private bool TryMark(ulong seen) =>
        (seen & Mark) != 0 || Interlocked.CompareExchange(ref _state->Holder, seen | Mark, seen) == seen;

    /// <summary>Gives the lock up. Works while the object is being disposed of: who is inside must get out.</summary>
    /// <exception cref="SynchronizationLockException">This process does not hold it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release()
    {
        // Only ever from a word that names us. Two threads that release at once both see such a word; by the time the second
        // stores, the first may have freed the lock and another process have taken it, whose it then is.
        ulong seen = Seen;
        while ((seen & ~Mark) == s_self)
        {
            CrashPoint.Reach("lock.before-free");
            ulong found = Interlocked.CompareExchange(ref _state->Holder, 0, seen);
            if (found == seen)
            {
                WakeAfter(seen);
                return;
            }

            seen = found;
        }

        ThrowNotHeld();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WakeAfter(ulong freed)
    {
        if ((freed & Mark) != 0)
        {
            CrashPoint.Reach("lock.before-wake");
            Word.WakeAll();
        }
    }
}
