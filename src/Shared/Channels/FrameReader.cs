using System.Buffers;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// Puts messages together from the bytes of a stream, however they are cut: asks for bytes to be read into
/// <see cref="Target"/>, is told how many came, and gives out each message once it is whole. Does no input or output itself,
/// so that blocking and awaiting callers share it, and one that gives up in the middle of a message loses nothing.
/// </summary>
internal sealed class FrameReader
{
    // A connection that carries little costs little: the buffer grows with what comes at a time.
    private const int FirstBufferLength = 512;
    private const int BufferLength = 64 * 1024;

    // As much is allocated for a message before any of it came; beyond this the memory follows the bytes, not the header.
    private const int TrustedLength = 1024 * 1024;

    private byte[] _buffer = [];
    private int _wanted = FirstBufferLength;
    private int _start;
    private int _end;

    /// <summary>The length of the message that is being put together in <see cref="_large"/>; −1 if there is none.</summary>
    private long _largeLength = -1;
    private byte[] _large = [];
    private int _largeCount;
    private byte[] _spare = [];

    /// <summary>Whether bytes are here that no message has been made of yet.</summary>
    public bool HasUnreadBytes => _end > _start || _largeLength >= 0;

    /// <summary>Where the next bytes of the stream belong.</summary>
    public Memory<byte> Target
    {
        get
        {
            if (_largeLength >= 0)
            {
                GrowLarge();
                return _large.AsMemory(_largeCount);
            }

            if (_end == _buffer.Length || _start == _end)
            {
                byte[] buffer = _buffer.Length < _wanted ? new byte[_wanted] : _buffer;
                _buffer.AsSpan(_start, _end - _start).CopyTo(buffer);
                (_buffer, _start, _end) = (buffer, 0, _end - _start);
            }

            return _buffer.AsMemory(_end);
        }
    }

    /// <summary>That many bytes have been read into <see cref="Target"/>.</summary>
    public void Advance(int count)
    {
        if (_largeLength >= 0)
        {
            _largeCount += count;
        }
        else
        {
            _end += count;
            if (_end == _buffer.Length)
            {
                _wanted = Math.Clamp(_buffer.Length * 8, FirstBufferLength, BufferLength); // more is waiting, maybe
            }
        }
    }

    /// <summary>
    /// Gives out the next message if it is whole; its bytes are valid until the reader is next used, except those of a message
    /// that filled an array of its own, which is the caller's (<paramref name="array"/>).
    /// </summary>
    /// <exception cref="MessageTooLongException">The message is longer than <paramref name="maximumLength"/>.</exception>
    public bool TryTake(long maximumLength, out ReadOnlyMemory<byte> message, out byte[]? array)
    {
        array = null;
        if (_largeLength < 0)
        {
            return TryTakeBuffered(maximumLength, out message);
        }

        message = default;
        ThrowIfTooLong(_largeLength, maximumLength);
        if (_largeCount < _largeLength)
        {
            return false;
        }

        message = array = _large;
        (_large, _largeLength, _largeCount) = ([], -1, 0);
        return true;
    }

    /// <summary>
    /// Takes back the array of a message that nobody needs any more, for the next one of that length: fresh memory costs the
    /// system more than the transport of the bytes does.
    /// </summary>
    public void Recycle(byte[] array)
    {
        if (array.Length <= TrustedLength)
        {
            _spare = array;
        }
    }

    /// <summary>
    /// Starts on a message that need not fit into memory at once: gives its length, after which <see cref="Drain"/> gives its
    /// bytes as they come. False while its header is incomplete.
    /// </summary>
    public bool TryStart(long maximumLength, out long length)
    {
        if (_largeLength >= 0)
        {
            length = _largeLength;
            ThrowIfTooLong(length, maximumLength);
            return true;
        }

        if (!FrameHeader.TryRead(_buffer.AsSpan(_start, _end - _start), out length, out int headerLength))
        {
            return false;
        }

        ThrowIfTooLong(length, maximumLength);
        _start += headerLength;
        return true;
    }

    /// <summary>Moves what has come of a started message, up to <paramref name="limit"/> bytes, to the destination.</summary>
    public int Drain(IBufferWriter<byte> destination, long limit)
    {
        ReadOnlySpan<byte> source = _largeLength >= 0
            ? _large.AsSpan(0, _largeCount)
            : _buffer.AsSpan(_start, (int)Math.Min(limit, _end - _start));
        destination.Write(source);
        if (_largeLength >= 0)
        {
            (_large, _largeLength, _largeCount) = ([], -1, 0);
        }
        else
        {
            _start += source.Length;
        }

        return source.Length;
    }

    /// <summary>The bytes that no message has been made of, as they came, for another process to go on with.</summary>
    public byte[] Unread()
    {
        if (_largeLength < 0)
        {
            return _buffer[_start.._end];
        }

        byte[] unread = new byte[FrameHeader.LongLength + _largeCount];
        int header = FrameHeader.Write(unread, _largeLength);
        _large.AsSpan(0, _largeCount).CopyTo(unread.AsSpan(header));
        return unread[..(header + _largeCount)];
    }

    /// <summary>Puts bytes in front of those of the stream: what another process had read but not used.</summary>
    public void Preload(ReadOnlySpan<byte> bytes)
    {
        _buffer = new byte[Math.Max(BufferLength, bytes.Length)];
        bytes.CopyTo(_buffer);
        (_start, _end) = (0, bytes.Length);
    }

    /// <summary>What to say when the stream ends here.</summary>
    public IOException EndOfStream()
    {
        int buffered = _end - _start;
        if (_largeLength >= 0)
        {
            return new TruncatedMessageException(_largeLength, _largeCount);
        }

        if (buffered == 0)
        {
            return new ConnectionClosedException();
        }

        return FrameHeader.TryRead(_buffer.AsSpan(_start, buffered), out long length, out int headerLength)
            ? new TruncatedMessageException(length, buffered - headerLength)
            : new TruncatedMessageException(-1, buffered);
    }

    private bool TryTakeBuffered(long maximumLength, out ReadOnlyMemory<byte> message)
    {
        message = default;
        int available = _end - _start;
        if (!FrameHeader.TryRead(_buffer.AsSpan(_start, available), out long length, out int headerLength))
        {
            return false;
        }

        ThrowIfTooLong(length, maximumLength);
        if (length <= available - headerLength)
        {
            message = _buffer.AsMemory(_start + headerLength, (int)length);
            _start += headerLength + (int)length;
            return true;
        }

        if (length > BufferLength - headerLength)
        {
            if (length > Array.MaxLength)
            {
                throw new MessageTooLongException(length, Array.MaxLength);
            }

            _largeLength = length;
            _largeCount = available - headerLength;
            int allocated = (int)Math.Min(length, Math.Max(TrustedLength, _largeCount));
            _large = _spare.Length == allocated ? _spare : GC.AllocateUninitializedArray<byte>(allocated);
            _spare = [];
            _buffer.AsSpan(_start + headerLength, _largeCount).CopyTo(_large);
            _start = _end = 0;
        }

        return false;
    }

    private void GrowLarge()
    {
        if (_largeCount == _large.Length)
        {
            Array.Resize(ref _large, (int)Math.Min(_largeLength, _large.Length * 2L));
        }
    }

    private static void ThrowIfTooLong(long length, long maximumLength)
    {
        if (length > maximumLength)
        {
            throw new MessageTooLongException(length, maximumLength);
        }
    }
}
