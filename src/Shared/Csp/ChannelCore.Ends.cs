using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <content>
/// Who has which end. An entry's owner word, under the lock throughout, with p and q for identities of processes:
/// <code>
///   0 -> p                p creates an end
///   p -> p+moving         p sends it away in a message
///   p+moving -> q         q receives the message, after it has announced itself as the next owner and kicked all who wait
///   p, p+moving -> 0      p retires it, or takes it back because the message was never received
///   p, p+moving -> 0      by anybody on proof that p has ended, or that q has ended which had announced itself
/// </code>
/// While an end moves, p answers for it. One that leaves as the last of its side ends the channel first, so that there is no instant
/// at which the side is empty and nobody knows.
/// </content>
internal sealed unsafe partial class ChannelCore
{
    private const ulong Moving = 1ul << 31;

    private EndEntry* EndAt(int index) => (EndEntry*)((byte*)_state + ChannelLayout.EndsOffset) + index;

    private static ProcessIdentity IdentityOf(ulong word) => ProcessIdentity.FromPacked(word & ~Moving);

    /// <summary>Makes an end for this process.</summary>
    /// <exception cref="InvalidOperationException">The channel has as many as it can have.</exception>
    public (int Index, int Generation) AddEnd(ChannelSide side)
    {
        Enter();
        try
        {
            int index = FindFreeEnd();
            EndEntry* entry = EndAt(index);
            entry->Side = side;
            entry->Generation++;
            entry->NextOwner = s_self;
            KickAll();
            CrashPoint.Reach("csp.end-announced");
            Volatile.Write(ref entry->Owner, s_self);
            return (index, entry->Generation);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Retires an end of this process; the last of its side retires the channel.</summary>
    public void RemoveEnd(int index, int generation) => Remove(index, generation, s_self);

    /// <summary>Retires an end that this process sent away and that nobody has received.</summary>
    public void TakeBack(int index, int generation) => Remove(index, generation, s_self | Moving);

    /// <summary>Ends the channel at once, for all.</summary>
    public void Poison(PoisonCause cause)
    {
        Enter();
        try
        {
            SetPoisoned(cause);
            KickAll();
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Marks an end as on its way in a message.</summary>
    /// <returns>The reference to write into the message.</returns>
    public byte[] BeginMove(int index)
    {
        Enter();
        try
        {
            EndEntry* entry = EndAt(index);
            entry->NextOwner = 0;
            Volatile.Write(ref entry->Owner, s_self | Moving);
            KickAll();
        }
        finally
        {
            Exit();
        }

        return Reference();
    }

    /// <summary>Takes over an end that is on its way.</summary>
    /// <returns>Its new generation.</returns>
    /// <exception cref="IOException">It is so no more.</exception>
    public int EndMove(int index, int generation, ChannelSide side)
    {
        Enter();
        try
        {
            EndEntry* entry = index is >= 0 and < ChannelLayout.Ends ? EndAt(index) : null;
            if (entry is null || entry->Generation != generation || entry->Side != side || (entry->Owner & Moving) == 0)
            {
                throw new IOException(
                    "The end of a channel that was sent has been received already, was taken back by its sender, or its sender has ended.");
            }

            // A new one, so that the sender cannot take back what has been received, and maybe sent on.
            entry->NextOwner = s_self;
            entry->Generation++;
            KickAll();
            CrashPoint.Reach("csp.end-announced");
            Volatile.Write(ref entry->Owner, s_self);
            return entry->Generation;
        }
        finally
        {
            Exit();
        }
    }

    private int FindFreeEnd()
    {
        for (int index = 0; index < _state->EndsUsed; index++)
        {
            if (EndAt(index)->Owner == 0)
            {
                return index;
            }
        }

        return _state->EndsUsed < ChannelLayout.Ends
            ? _state->EndsUsed++
            : throw new InvalidOperationException(
                $"A channel can have {ChannelLayout.Ends} ends at the same time, and has. Retire one first.");
    }

    private void Remove(int index, int generation, ulong owner)
    {
        Enter();
        try
        {
            EndEntry* entry = EndAt(index);
            if (entry->Generation == generation && entry->Owner == owner)
            {
                Remove(entry);
            }
        }
        finally
        {
            Exit();
        }
    }

    private void Remove(EndEntry* entry)
    {
        if (_state->Ending == ChannelEnding.None && !HasOther(entry))
        {
            _state->Ending = entry->Side == ChannelSide.Writer ? ChannelEnding.WritersRetired : ChannelEnding.ReadersRetired;
        }

        CrashPoint.Reach("csp.end-removing");

        // Whoever waits with it must take nothing any more, also if this process is gone before its thread has noticed.
        KickAll(closedFor: entry->Owner & ~Moving);
        Volatile.Write(ref entry->Owner, 0);
    }

    private bool HasOther(EndEntry* entry)
    {
        for (int index = 0; index < _state->EndsUsed; index++)
        {
            EndEntry* other = EndAt(index);
            if (other != entry && other->Owner != 0 && other->Side == entry->Side)
            {
                return true;
            }
        }

        return false;
    }

    private void SetPoisoned(PoisonCause cause)
    {
        if (_state->Ending != ChannelEnding.Poisoned)
        {
            _state->CauseExitCode = cause.ExitCode;
            _state->CauseProcess = cause.Process;
            CrashPoint.Reach("csp.poisoning");
            Volatile.Write(ref *(int*)&_state->Ending, (int)ChannelEnding.Poisoned);
        }
    }
}
