using System.Buffers;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <content>The choices that wait at a channel. Under the lock throughout.</content>
internal sealed unsafe partial class ChannelCore
{
    // Those that have left in order are looked for now and then, or a channel that outlives many would keep the memory of all.
    private const int PeersPerCheck = 64;

    private const int NoRoom = -1;

    private readonly Dictionary<(ulong Process, int Slot), SharedBlock> _peers = [];

    private OfferEntry* OfferAt(int index) =>
        (OfferEntry*)((byte*)_state + ChannelLayout.OffersOffset + ((long)index * ChannelLayout.OfferStride(ItemSize)));

    private Span<byte> ItemOf(OfferEntry* offer) => new((byte*)(offer + 1), ItemSize);

    /// <summary>Makes an offer, which counts once the slot is open.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="InvalidOperationException">As many wait at the channel as can.</exception>
    public int AddOffer(ChannelSide side, ReadOnlySpan<byte> item, bool needsReceipt, ChoiceSlot slot, int guard)
    {
        int index = FindFreeOffer();
        OfferEntry* offer = OfferAt(index);
        offer->Ticket = ++_state->LastTicket;
        offer->Side = side;
        offer->Guard = guard;
        offer->Slot = slot.Number;
        offer->ReferenceLength = slot.Reference.Length;
        slot.Reference.CopyTo(new Span<byte>(&offer->Reference, OfferEntry.ReferenceSize));
        bool hasRoom = item.Length <= ItemSize;
        offer->ItemLength = hasRoom ? item.Length : NoRoom;
        (hasRoom ? item : default).CopyTo(ItemOf(offer));
        offer->Position = _state->Tail;
        offer->NeedsReceipt = needsReceipt ? 1 : 0;
        offer->Taker = 0;
        CrashPoint.Reach("csp.offering");
        Volatile.Write(ref offer->Process, s_self);
        return index;
    }

    /// <summary>Takes an offer back.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="delivered">Where the item goes that was delivered, if it was decided for that.</param>
    public void RemoveOffer(int index, RecordBuffer? delivered)
    {
        OfferEntry* offer = OfferAt(index);
        if (delivered is not null)
        {
            delivered.Clear();
            delivered.Append(ItemOf(offer)[..offer->ItemLength]);
        }

        Volatile.Write(ref offer->Process, 0);
    }

    /// <summary>Who took an offer.</summary>
    public ProcessIdentity TakerOf(int index) => ProcessIdentity.FromPacked(OfferAt(index)->Taker);

    private int FindFreeOffer()
    {
        for (int index = 0; index < _state->OffersUsed; index++)
        {
            if (OfferAt(index)->Process == 0)
            {
                return index;
            }
        }

        if (_state->OffersUsed < ChannelLayout.Offers)
        {
            return _state->OffersUsed++;
        }

        // A process that ended while a thread of it waited, and had retired its end by then, may have left its offer.
        for (int index = 0; index < ChannelLayout.Offers; index++)
        {
            if (!ProcessIdentity.FromPacked(OfferAt(index)->Process).IsAlive)
            {
                return index;
            }
        }

        throw new InvalidOperationException(
            $"At most {ChannelLayout.Offers} reads and writes can wait at one channel at the same time, and do.");
    }

    private OfferEntry* OldestOffer(ChannelSide side, long after)
    {
        OfferEntry* oldest = null;
        for (int index = 0; index < _state->OffersUsed; index++)
        {
            OfferEntry* offer = OfferAt(index);
            if (offer->Process != 0 && offer->Side == side && offer->Ticket > after
                && offer->ItemLength != NoRoom && (oldest is null || offer->Ticket < oldest->Ticket)
                && SlotOf(offer) is { } slot && Word(slot).IsOpen)
            {
                oldest = offer;
            }
        }

        return oldest;
    }

    private bool TryDecide(OfferEntry* offer)
    {
        if (SlotOf(offer) is not { } slot || !Word(slot).TryDecide(offer->Guard, out bool isParked))
        {
            return false;
        }

        CrashPoint.Reach("csp.decided");
        _toWake = isParked ? slot.Duplicate() : null;
        return true;
    }

    /// <summary>
    /// Has everybody who waits look again. The waking is done here, under the lock: before it an end must not change hands.
    /// </summary>
    private void KickAll(ulong closedFor = 0)
    {
        for (int index = 0; index < _state->OffersUsed; index++)
        {
            if (OfferAt(index)->Process is var process and not 0 && SlotOf(OfferAt(index)) is { } slot)
            {
                Word(slot).Kick(closes: process == closedFor);
            }
        }
    }

    private static SlotWord Word(SharedBlock slot) => new((SlotState*)slot.Pointer);

    /// <summary>The slot that decides an offer; <see langword="null"/> if its process has ended.</summary>
    private SharedBlock? SlotOf(OfferEntry* offer)
    {
        if (_peers.TryGetValue((offer->Process, offer->Slot), out SharedBlock? known))
        {
            return known;
        }

        try
        {
            var reference = new ReadOnlySpan<byte>(&offer->Reference, offer->ReferenceLength);
            var reader = new MessagePackReader(new ReadOnlySequence<byte>(reference.ToArray()));
            SharedBlock slot = SharedBlock.Read(ref reader);
            if (_peers.Count % PeersPerCheck == PeersPerCheck - 1)
            {
                ForgetPeers(static process => !ProcessIdentity.FromPacked(process).IsAlive);
            }

            _peers.Add((offer->Process, offer->Slot), slot);
            return slot;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private void ForgetPeers(Func<ulong, bool> ofProcess)
    {
        foreach ((ulong Process, int Slot) key in _peers.Keys.Where(key => ofProcess(key.Process)).ToArray())
        {
            _ = _peers.Remove(key, out SharedBlock? slot);
            slot!.Dispose();
        }
    }
}
