using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// The word that decides a choice which waits at several channels: whoever changes it from open to decided has made the choice, and
/// nobody can change it again. That is why one alternative is chosen and never two.
/// </summary>
/// <remarks>
/// Bits 0 and 1 are the state; bits 2 to 30 the number k of kicks while it is open, the guard g when it is decided; bit 31 is the receipt.
/// <code>
///   closed, decided g    -> open 0       Open     by its owner, who holds the locks of all its channels
///   open k               -> parked k     TryPark  by its owner, before it parks on "parked k"
///   open k               -> open k+1     Kick     by another, who has changed something that the owner must look at
///   parked k             -> parked k+1   Kick     likewise, and then wakes it
///   open k, parked k     -> decided g    TryDecide  by another, who holds the lock of the channel of guard g; then wakes it
///   open k, parked k     -> closed       Close    by its owner, to look again or to give up
///   open k, parked k     -> closed       Kick     by its own process, which retires an end and may end before the owner looks; wakes it
///   decided g            -> decided g+receipt  Acknowledge  by who decided it, if the owner waits for that; wakes it
/// </code>
/// Only an open or parked slot can be decided, and a choice that looks at channels itself has its slot closed: so of two choices that
/// meet exactly one is decided by the other, and none by both. A kill on either side of the one compare-and-swap leaves a choice that
/// has been made or one that has not. A kicked one stays parked until its owner has closed it: if who kicked it dies before the
/// wake-up, and the owner has yet to hear of that process, whoever decides it must know that it sleeps.
/// </remarks>
internal readonly unsafe struct SlotWord(SlotState* state)
{
    private const uint StateMask = 3;
    private const uint Closed = 0;
    private const uint Opened = 1;
    private const uint Parked = 2;
    private const uint Decided = 3;
    private const int NumberShift = 2;
    private const uint Receipt = 1u << 31;

    /// <summary>What to park on.</summary>
    public WaitWord Word => new(&state->Word, &state->Cell);

    /// <summary>Whether it waits to be decided.</summary>
    public bool IsOpen => (Word.Value & StateMask) is Opened or Parked;

    /// <summary>Opens it; the owner has it closed.</summary>
    /// <returns>The word, to wait while it stays so.</returns>
    public uint Open()
    {
        Volatile.Write(ref state->Word, Opened);
        return Opened;
    }

    /// <summary>Announces that the owner is about to park.</summary>
    /// <returns>The word to park on; <see langword="null"/> if something has happened since it was seen.</returns>
    public uint? TryPark(uint seen)
    {
        uint parked = (seen & ~StateMask) | Parked;
        return Interlocked.CompareExchange(ref state->Word, parked, seen) == seen ? parked : null;
    }

    /// <summary>Closes it unless it is decided.</summary>
    /// <returns>The guard it was decided for; −1 if it was not.</returns>
    public int Close()
    {
        uint seen = Word.Value;
        while ((seen & StateMask) is Opened or Parked)
        {
            uint found = Interlocked.CompareExchange(ref state->Word, Closed, seen);
            if (found == seen)
            {
                return -1;
            }

            seen = found;
        }

        return (seen & StateMask) == Decided ? (int)((seen & ~Receipt) >> NumberShift) : -1;
    }

    /// <summary>Whether the receipt is there, and the word to wait on if it is not. For the owner of a decided one.</summary>
    public bool HasReceipt(out uint seen) => ((seen = Word.Value) & Receipt) != 0;

    /// <summary>Gives the receipt to the owner, who waits for it with the slot decided.</summary>
    public void Acknowledge()
    {
        _ = Interlocked.Or(ref state->Word, Receipt);
        CrashPoint.Reach("csp.acknowledged");
        Word.WakeAll();
    }

    /// <summary>Decides it for a guard.</summary>
    /// <param name="guard">Which.</param>
    /// <param name="isParked">Whether the owner is to be woken.</param>
    /// <returns>False if it was decided, or closed, before.</returns>
    public bool TryDecide(int guard, out bool isParked)
    {
        uint decided = ((uint)guard << NumberShift) | Decided;
        for (uint seen = Word.Value; (seen & StateMask) is Opened or Parked; seen = Word.Value)
        {
            if (Interlocked.CompareExchange(ref state->Word, decided, seen) == seen)
            {
                isParked = (seen & StateMask) == Parked;
                return true;
            }
        }

        isParked = false;
        return false;
    }

    /// <summary>Has the owner look again, if it waits.</summary>
    /// <param name="closes">Whether nobody is to decide it before that.</param>
    public void Kick(bool closes = false)
    {
        for (uint seen = Word.Value; (seen & StateMask) is Opened or Parked; seen = Word.Value)
        {
            uint kicked = closes ? Closed : ((((seen >> NumberShift) + 1) << NumberShift) & ~Receipt) | (seen & StateMask);
            if (Interlocked.CompareExchange(ref state->Word, kicked, seen) == seen)
            {
                if ((seen & StateMask) == Parked)
                {
                    CrashPoint.Reach("csp.kicked");
                    Word.WakeAll();
                }

                return;
            }
        }
    }
}
