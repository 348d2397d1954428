using System.Runtime.CompilerServices;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// One end of a one-way pipe in shared memory. One process has each end, and one thread at a time uses it, so that neither
/// needs a lock; no system call is made unless somebody waits.
/// </summary>
/// <remarks>
/// <code>
///  write: reader there? ─► room? ─► copy in behind the tail ─► store the tail ──fence──► wake the reader if it waits
///  read:  bytes? (none, and no writer: the end) ─► copy out from the head ─► store the head ──fence──► wake the writer if it waits
/// </code>
/// <para>
/// A process killed before its store has written, or read, nothing; what was written before is still read. A process killed
/// between store and wake-up is watched by whoever waits. A message of which only a part was stored is the affair of the layer
/// above, which knows messages (<see cref="TruncatedMessageException"/>).
/// </para>
/// <para>
/// Orderings. Bytes are read after the tail (acquire) that was stored after they were written (release); room is used after the
/// head (acquire) that was stored after its bytes were copied (release). That the writer is gone is looked at before the
/// tail: what it wrote last is then in it.
/// </para>
/// </remarks>
internal sealed unsafe partial class RingPipeEnd : PipeEnd
{
    /// <summary>
    /// Longer stretches are published in parts, so that both sides can copy at the same time. Whoever waits is woken less often,
    /// and at the latest when the call is done: it then finds enough to make a wake-up worth its price.
    /// </summary>
    private const int PieceLength = RingPipeState.Capacity / 8;

    private const int WakeLength = RingPipeState.Capacity / 2;

    private readonly SharedBlock _block;
    private readonly SharedLifetime _lifetime;
    private readonly RingPipeState* _state;
    private readonly RingMemory _ring;
    private readonly bool _isReader;

    /// <summary>What only this side stores: the head for the reader, the tail for the writer.</summary>
    private ulong _position;

    /// <summary>What the other side had stored when it was last looked at.</summary>
    private ulong _known;

    /// <summary>How many calls use the memory, and one until the end is closed: it is unmapped when none is left.</summary>
    private int _users = 1;

    private volatile bool _isClosed;

    private RingPipeEnd(SharedBlock block, bool isReader)
    {
        _block = block;
        _lifetime = new SharedLifetime(block.Duplicate(), this);
        _state = (RingPipeState*)block.Pointer;
        _ring = new RingMemory(block.Pointer + sizeof(RingPipeState), RingPipeState.Capacity);
        _isReader = isReader;
        _position = Volatile.Read(ref isReader ? ref _state->Head : ref _state->Tail);
        _known = isReader ? _position : Volatile.Read(ref _state->Head);
    }

    private WakeGate Readable => new(&_state->Readable);

    private WakeGate Writable => new(&_state->Writable);

    private ref ulong Self => ref _isReader ? ref _state->Reader : ref _state->Writer;

    private ref ulong Peer => ref _isReader ? ref _state->Writer : ref _state->Reader;

    private WakeGate SelfGate => _isReader ? Readable : Writable;

    private WakeGate PeerGate => PeerGateOf(_state, _isReader);

    /// <summary>Whether this end need not wait: there are bytes, or room, or the other end is gone.</summary>
    private bool IsReady
    {
        get
        {
            ulong used = Volatile.Read(ref _state->Tail) - Volatile.Read(ref _state->Head);
            return (_isReader ? used != 0 : used < RingPipeState.Capacity) || IsPeerGone();
        }
    }

    /// <summary>Creates a pipe; both ends belong to this process.</summary>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public static (RingPipeEnd Read, RingPipeEnd Write) Create()
    {
        SharedBlock block = SharedBlock.Allocate((nuint)(sizeof(RingPipeState) + RingPipeState.Capacity));
        var state = (RingPipeState*)block.Pointer;
        state->Magic = RingPipeState.CurrentMagic;
        state->Reader = state->Writer = ProcessIdentity.Current.Packed;
        return (new RingPipeEnd(block, isReader: true), new RingPipeEnd(block.Duplicate(), isReader: false));
    }

    public override SafePipeHandle Release() => throw new InvalidOperationException("A pipe in shared memory has no handle.");

    public override int Read(Span<byte> buffer, Deadline deadline)
    {
        using Use use = BeginUse();
        int count;
        while ((count = TryRead(buffer)) < 0)
        {
            if (!Blocking.Result(WaitAsync(isAsync: false, deadline, CancellationToken.None)))
            {
                return -1;
            }
        }

        return count;
    }

    public override int ReadAtOnce(Span<byte> buffer)
    {
        using Use use = BeginUse();
        return TryRead(buffer);
    }

    public override int Write(ReadOnlySpan<byte> bytes, Deadline deadline)
    {
        using Use use = BeginUse();
        int count;
        while ((count = TryWrite(bytes)) == 0)
        {
            if (!Blocking.Result(WaitAsync(isAsync: false, deadline, CancellationToken.None)))
            {
                return 0;
            }
        }

        return count;
    }

    public override bool WaitReadable(Deadline deadline)
    {
        using Use use = BeginUse();
        return IsReady || Blocking.Result(WaitAsync(isAsync: false, deadline, CancellationToken.None));
    }

    public override void Dispose()
    {
        if (!_isClosed)
        {
            lock (_lifetime)
            {
                Close(isMoved: false);
            }
        }
    }

    public override bool TryWriteAtOnce(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        using Use use = BeginUse();
        int length = first.Length + second.Length;
        if (RoomFor(length) < length || IsPeerGone())
        {
            return false;
        }

        _ring.CopyIn((nuint)(_position % RingPipeState.Capacity), first);
        _ring.CopyIn((nuint)((_position + (ulong)first.Length) % RingPipeState.Capacity), second);
        Publish(length);
        Interlocked.MemoryBarrier();
        Readable.Wake();
        return true;
    }

    /// <summary>How many bytes were there; 0 at the end of the stream, −1 when there are none yet.</summary>
    private int TryRead(Span<byte> buffer)
    {
        if (_known == _position)
        {
            bool isLast = IsPeerGone();
            _known = Volatile.Read(ref _state->Tail);
            if (_known == _position)
            {
                return isLast ? 0 : -1;
            }
        }

        int count = 0;
        int untold = 0;
        while (count < buffer.Length && (_known != _position || (_known = Volatile.Read(ref _state->Tail)) != _position))
        {
            int piece = (int)Math.Min(_known - _position, (ulong)Math.Min(PieceLength, buffer.Length - count));
            _ring.CopyOut((nuint)(_position % RingPipeState.Capacity), buffer.Slice(count, piece));
            CrashPoint.Reach("pipe.read.copied");
            _position += (ulong)piece;
            count += piece;
            untold += piece;
            Volatile.Write(ref _state->Head, _position);
            CrashPoint.Reach("pipe.read.stored");
            if (untold >= WakeLength)
            {
                Interlocked.MemoryBarrier();
                Writable.Wake();
                untold = 0;
            }
        }

        Interlocked.MemoryBarrier();
        Writable.Wake();
        return count;
    }

    /// <summary>How many bytes were taken; 0 when there is no room for any.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    private int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (IsPeerGone())
        {
            throw new IOException("The reading end of the pipe is closed, or its process has ended.");
        }

        int count = 0;
        int untold = 0;
        int room;
        while (count < bytes.Length && (room = RoomFor(Math.Min(PieceLength, bytes.Length - count))) > 0)
        {
            int piece = Math.Min(room, Math.Min(PieceLength, bytes.Length - count));
            _ring.CopyIn((nuint)(_position % RingPipeState.Capacity), bytes.Slice(count, piece));
            Publish(piece);
            count += piece;
            untold += piece;
            if (untold >= WakeLength)
            {
                Interlocked.MemoryBarrier();
                Readable.Wake();
                untold = 0;
            }
        }

        if (count > 0)
        {
            Interlocked.MemoryBarrier();
            Readable.Wake();
        }

        return count;
    }

    /// <summary>How much room there is: as far as is known, if that is enough.</summary>
    private int RoomFor(int length)
    {
        ulong used = _position - _known;
        if (RingPipeState.Capacity - used < (ulong)length)
        {
            _known = Volatile.Read(ref _state->Head);
            used = _position - _known;
        }

        return (int)(RingPipeState.Capacity - used);
    }

    private void Publish(int length)
    {
        CrashPoint.Reach("pipe.write.copied");
        _position += (ulong)length;
        Volatile.Write(ref _state->Tail, _position);
        CrashPoint.Reach("pipe.write.stored");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Use BeginUse()
    {
        _ = Interlocked.Increment(ref _users);
        if (_isClosed)
        {
            EndUse();
            ThrowClosed();
        }

        return new Use(this);
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _block.Dispose();
        }
    }

    private void ThrowClosed() => throw new ObjectDisposedException(nameof(Connection), "This end of the pipe is closed.");

    /// <summary>Keeps the memory mapped while a call is in it, in case another thread closes the end meanwhile.</summary>
    private readonly struct Use(RingPipeEnd end) : IDisposable
    {
        public void Dispose() => end.EndUse();
    }
}
