using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <content>
/// Who has an end. Its word, with p and q for identities of processes:
/// <code>
///   p -> 0            p closes it
///   p -> p+moving     p sends it away in a message
///   p+moving -> q     q receives the message
///   p+moving -> 0     p takes it back: the message was never received
///   p, p+moving -> 0  by the other end, on proof that p has ended
/// </code>
/// Once it is 0 it stays so. While it is moving, p answers for it: so the end of the stream comes when p ends before q has
/// taken over, and q is then told that it came too late.
/// </content>
internal sealed unsafe partial class RingPipeEnd
{
    private const ulong Moving = 1ul << 31;

    /// <summary>The other end's word as it was last seen, and the watch on its process; none if that is this one.</summary>
    private volatile PeerSeen _peerSeen = new(0, null);

    /// <summary>Writes this end into a message and closes the object here.</summary>
    public void MoveTo(ref MessagePackWriter writer)
    {
        using Use use = BeginUse();
        lock (_lifetime)
        {
            if (_isClosed)
            {
                ThrowClosed();
            }

            ulong moving = ProcessIdentity.Current.Packed | Moving;
            _ = Interlocked.Exchange(ref Self, moving);
            CrashPoint.Reach("pipe.move.moving");
            writer.WriteArrayHeader(3);
            writer.Write(_isReader);
            writer.Write(moving);
            byte[] reference = Reference(_block);
            writer.WriteRaw(reference);
            bool isReader = _isReader;
            HandleTransfer.AddOffer(() => Revoke(reference, isReader, moving));
            Close(isMoved: true);
        }
    }

    /// <summary>Takes over an end from a message, from behind its array header.</summary>
    /// <exception cref="IOException">It was taken over before, or taken back, or its sender has ended.</exception>
    public static RingPipeEnd TakeFrom(ref MessagePackReader reader)
    {
        bool isReader = reader.ReadBoolean();
        ulong moving = reader.ReadUInt64();
        SharedBlock block = SharedBlock.Read(ref reader);
        try
        {
            var state = (RingPipeState*)block.Pointer;
            if (block.Size != (nuint)(sizeof(RingPipeState) + RingPipeState.Capacity) || state->Magic != RingPipeState.CurrentMagic)
            {
                throw new IOException("The shared memory that was referred to is not a pipe of this version of the library.");
            }

            _ = Interlocked.Exchange(ref isReader ? ref state->NextReader : ref state->NextWriter, ProcessIdentity.Current.Packed);
            CrashPoint.Reach("pipe.move.announced");
            PeerGateOf(state, isReader).Rouse();
            ref ulong word = ref isReader ? ref state->Reader : ref state->Writer;
            if (Interlocked.CompareExchange(ref word, ProcessIdentity.Current.Packed, moving) != moving)
            {
                throw new IOException(
                    "What was sent has been received by another process already, was taken back by its sender, or its sender has ended.");
            }

            CrashPoint.Reach("pipe.move.taken");
            return new RingPipeEnd(block, isReader);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private static void Revoke(byte[] reference, bool isReader, ulong moving)
    {
        var reader = new MessagePackReader(reference);
        SharedBlock block;
        try
        {
            block = SharedBlock.Read(ref reader);
        }
        catch (IOException)
        {
            return; // received, and freed since
        }

        var state = (RingPipeState*)block.Pointer;
        ref ulong word = ref isReader ? ref state->Reader : ref state->Writer;
        if (Interlocked.CompareExchange(ref word, 0, moving) == moving)
        {
            PeerGateOf(state, isReader).Wake();
        }

        block.Dispose();
    }

    private static byte[] Reference(SharedBlock block)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(64);
        var writer = new MessagePackWriter(buffer);
        block.Write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static ProcessIdentity IdentityOf(ulong word) => ProcessIdentity.FromPacked(word & ~Moving);

    /// <summary>Whether nobody has the other end any more, nor will.</summary>
    private bool IsPeerGone()
    {
        while (true)
        {
            ulong word = Volatile.Read(ref Peer);
            if (word == 0)
            {
                return true;
            }

            PeerSeen seen = _peerSeen;
            if (seen.Word != word)
            {
                ProcessIdentity process = IdentityOf(word);
                _peerSeen = seen = new PeerSeen(word, process == ProcessIdentity.Current ? null : ProcessWatch.On(process));
            }

            if (seen.Watch is not { HasEnded: true })
            {
                return false;
            }

            // If it has just been taken over from the dead one, it lives on.
            _ = Interlocked.CompareExchange(ref Peer, 0, word);
        }
    }

    /// <summary>To be called after the gate was marked: who announces itself later rouses who is there.</summary>
    private void WatchPeer(SharedWait wait)
    {
        Watch(wait, Volatile.Read(ref Peer));
        Watch(wait, Volatile.Read(ref _isReader ? ref _state->NextWriter : ref _state->NextReader));
    }

    private static void Watch(SharedWait wait, ulong word)
    {
        if (word != 0 && IdentityOf(word) is var process && process != ProcessIdentity.Current)
        {
            _ = wait.Watch(process);
        }
    }

    private static WakeGate PeerGateOf(RingPipeState* state, bool isReader) => new(isReader ? &state->Writable : &state->Readable);

    private void Close(bool isMoved)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        if (!isMoved)
        {
            _ = Interlocked.Exchange(ref Self, 0);
            CrashPoint.Reach("pipe.close.stored");
            PeerGate.Wake();
        }

        _ = _lifetime.Dispose();
        EndUse();
    }

    private sealed record PeerSeen(ulong Word, ProcessWatch? Watch);
}
