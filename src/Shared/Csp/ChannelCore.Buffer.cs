using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <content>How items pass: from hand to hand, or through the buffer. Under the lock throughout.</content>
/// <remarks>
/// Items are read in the order in which they were written. A reader waits only while the buffer is empty, unless the last item that
/// was put there is too long for its offer: it is kicked then, and nothing is handed to it past the buffer. A writer that waits says
/// how many items are to be read before its own.
/// </remarks>
internal sealed unsafe partial class ChannelCore
{
    private bool IsEmpty => _state->Tail == _state->Head;

    private RingMemory Bytes =>
        new((byte*)_state + ChannelLayout.BytesOffset(ItemSize, Capacity), (nuint)_state->CapacityInBytes);

    /// <summary>Reads an item, from the buffer or from a writer that waits, if there is one.</summary>
    /// <param name="item">Where to.</param>
    /// <param name="toAcknowledge">The writer's slot, if it waits for a receipt.</param>
    /// <exception cref="ChannelEndedException">The channel is poisoned, or the writers are gone.</exception>
    public bool TryRead(RecordBuffer item, out SharedBlock? toAcknowledge)
    {
        toAcknowledge = null;
        ChannelEnding ending = _state->Ending;
        if (ending == ChannelEnding.Poisoned)
        {
            throw Ended();
        }

        OfferEntry* offer = null;
        while ((offer = OldestOffer(ChannelSide.Writer, offer is null ? 0 : offer->Ticket)) is not null && offer->Position <= _state->Head)
        {
            item.Clear();
            item.Append(ItemOf(offer)[..offer->ItemLength]);
            offer->Taker = s_self;
            if (TryDecide(offer))
            {
                toAcknowledge = offer->NeedsReceipt != 0 ? SlotOf(offer)!.Duplicate() : null;
                return true;
            }
        }

        if (!IsEmpty)
        {
            TakeFromBuffer(item);
            return true;
        }

        return ending == ChannelEnding.None ? false : throw Ended();
    }

    /// <summary>Writes an item, to a reader that waits or into the buffer, if there is one or room.</summary>
    /// <param name="item">The item.</param>
    /// <param name="needsReceipt">Whether to leave an offer in any case: only a reader that takes that gives a receipt.</param>
    /// <exception cref="ChannelEndedException">The channel is poisoned, or a side is gone.</exception>
    public bool TryWrite(ReadOnlySpan<byte> item, bool needsReceipt)
    {
        if (_state->Ending != ChannelEnding.None)
        {
            throw Ended();
        }

        if (needsReceipt)
        {
            // Also when we look again: a reader may have come while our slot was closed for that, so that neither saw the other open.
            KickReaders();
            return false;
        }

        OfferEntry* offer = null;
        while (IsEmpty && item.Length <= ItemSize
            && (offer = OldestOffer(ChannelSide.Reader, offer is null ? 0 : offer->Ticket)) is not null)
        {
            item.CopyTo(ItemOf(offer));
            offer->ItemLength = item.Length;
            CrashPoint.Reach("csp.delivered");
            if (TryDecide(offer))
            {
                return true;
            }
        }

        if (!TryPutIntoBuffer(item))
        {
            return false;
        }

        KickReaders();
        return true;
    }

    private BufferEntry* EntryAt(long position) =>
        (BufferEntry*)((byte*)_state + ChannelLayout.BufferOffset(ItemSize)) + (position % Capacity);

    private void TakeFromBuffer(RecordBuffer item)
    {
        BufferEntry entry = *EntryAt(_state->Head);
        item.Clear();
        Bytes.CopyOut((nuint)(entry.Start % _state->CapacityInBytes), item.GetSpan(entry.Length)[..entry.Length]);
        item.Advance(entry.Length);
        Volatile.Write(ref _state->Head, _state->Head + 1);
        CrashPoint.Reach("csp.taken");
        KickAll(); // writers that wait for room
    }

    private bool TryPutIntoBuffer(ReadOnlySpan<byte> item)
    {
        if (_state->Tail - _state->Head == Capacity)
        {
            return false;
        }

        long start = IsEmpty ? 0 : EntryAt(_state->Tail - 1)->End;
        long used = IsEmpty ? 0 : start - EntryAt(_state->Head)->Start;
        if (_state->CapacityInBytes - used < item.Length)
        {
            return false;
        }

        *EntryAt(_state->Tail) = new BufferEntry { Start = start, Length = item.Length };
        Bytes.CopyIn((nuint)(start % _state->CapacityInBytes), item);
        CrashPoint.Reach("csp.written");
        Volatile.Write(ref _state->Tail, _state->Tail + 1);
        return true;
    }

    private void KickReaders()
    {
        if (OldestOffer(ChannelSide.Reader, 0) is not null)
        {
            KickAll();
        }
    }
}
