using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// Where threads of any process wait for a condition on shared memory (an item is there, room is there), at no cost to
/// whoever makes it true while nobody waits.
/// </summary>
/// <remarks>
/// The word counts: even, nobody is parked; odd, somebody may be.
/// <code>
///  waiter: mark (even → odd) ──full fence──► condition? ─ no ─► park while the word is what it was marked with
///  waker:  make it true ──full fence──► odd? ─► odd → even, wake all
///  newcomer: be among those to watch ──full fence──► odd? ─► odd → odd + 2, wake all
/// </code>
/// The two fences meet: either the waiter's look at the condition finds it true, or the waker's look at the word finds the
/// mark. A waker that is killed between the two, or between the transition and the wake-up, leaves waiters asleep; so
/// whoever parks also watches every process that could be that waker, and looks again when one ends. A process that comes
/// later has all who wait look again, so that they watch it too, and must leave the mark where it is: killed before it has
/// woken them, it is watched by none, and the next waker has to know of them.
/// </remarks>
internal readonly unsafe struct WakeGate(GateState* state)
{
    /// <summary>What to park on.</summary>
    public WaitWord Word => new(&state->Word, &state->Cell);

    /// <summary>Announces a waiter; the condition is to be looked at after this. Returns the word to park on.</summary>
    public uint Mark()
    {
        while (true)
        {
            uint seen = Volatile.Read(ref state->Word);
            if ((seen & 1) != 0)
            {
                // Marked by somebody else, who may have been seconds ago: our look at the condition still has to come after.
                Interlocked.MemoryBarrier();
                return seen;
            }

            if (Interlocked.CompareExchange(ref state->Word, seen + 1, seen) == seen)
            {
                CrashPoint.Reach("gate.marked");
                return seen + 1;
            }
        }
    }

    /// <summary>
    /// Takes back <see cref="Mark"/>, which spares the next waker a system call. Only for one who alone waits here: the mark may be
    /// another's, too.
    /// </summary>
    public void Unmark(uint marked) => _ = Interlocked.CompareExchange(ref state->Word, marked + 1, marked);

    /// <summary>Wakes all who wait. The caller has made the condition true and passed a full fence since.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Wake()
    {
        if ((Volatile.Read(ref state->Word) & 1) != 0)
        {
            WakeMarked();
        }
    }

    /// <summary>
    /// Has all who wait look again, for the caller is now among those whom they are to watch, and has passed a full fence since.
    /// </summary>
    public void Rouse()
    {
        uint seen;
        while (((seen = Volatile.Read(ref state->Word)) & 1) != 0)
        {
            // A new value, for one who has looked already and is about to park.
            if (Interlocked.CompareExchange(ref state->Word, seen + 2, seen) == seen)
            {
                CrashPoint.Reach("gate.roused");
                Word.WakeAll();
                return;
            }
        }
    }

    private void WakeMarked()
    {
        uint seen = Volatile.Read(ref state->Word);
        CrashPoint.Reach("gate.seen");

        // Whoever else changes the word meanwhile is a waker as well and does the rest.
        if ((seen & 1) != 0 && Interlocked.CompareExchange(ref state->Word, seen + 1, seen) == seen)
        {
            CrashPoint.Reach("gate.cleared");
            Word.WakeAll();
        }
    }
}
