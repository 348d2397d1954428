using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>
/// Every transition of the event's word; n counts the times it was set and reset, +w is the mark of waiters:
/// <code>
///     n off     -> n off +w        TryMark   by a waiter, before it parks on n off +w
///     n off     -> n on            Set       nobody is parked
///     n off +w  -> n on  +w        Set       in one step with waking all who are parked
///     n on (+w) -> n+1 off         Reset
/// </code>
/// Why the mark may go with a reset: waiters park on "off" words only, and the step that turns "off +w" into "on +w" wakes
/// them all. While the word is "on", therefore, nobody is parked who has not been woken.
/// </content>
public sealed unsafe partial class ProcessEvent
{
    private const uint On = 1;
    private const int OnBit = 0;
    private const uint Mark = 2;
    private const uint One = 4;

    private static int ByteSize => sizeof(EventState);

    private EventState* State => (EventState*)_lifetime.Block.Pointer;

    private uint Seen
    {
        get
        {
            _lifetime.ThrowIfDisposed();
            return Volatile.Read(ref State->Word);
        }
    }

    private WaitWord Word => new(&State->Word, &State->Cell);

    /// <summary>Sets the event and releases everyone who waits. Setting one that is set does nothing.</summary>
    public void Set()
    {
        while (true)
        {
            uint seen = Seen;
            if (IsSetIn(seen))
            {
                return;
            }

            if ((seen & Mark) != 0)
            {
                CrashPoint.Reach("event.before-wake");
                Word.SetBitAndWakeAll(OnBit);
                return;
            }

            if (Interlocked.CompareExchange(ref State->Word, seen | On, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Makes the event one to wait for again. Resetting one that is not set does nothing.</summary>
    public void Reset()
    {
        uint seen = Seen;
        while (IsSetIn(seen))
        {
            uint found = Interlocked.CompareExchange(ref State->Word, (seen + One) & ~(On | Mark), seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    private static bool IsSetIn(uint word) => (word & On) != 0;

    /// <summary>Whether the event was on at any time between two looks.</summary>
    private static bool HasBeenSet(uint first, uint now) => IsSetIn(now) || ((first ^ now) & ~(On | Mark)) != 0;

    private bool TryMark(uint seen) =>
        (seen & Mark) != 0 || Interlocked.CompareExchange(ref State->Word, seen | Mark, seen) == seen;
}
