using System.Buffers;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Channels;

public sealed partial class Connection
{
    /// <summary>Receives the next message as a value. Blocks until one is there.</summary>
    /// <typeparam name="T">What was sent; <see cref="object"/> gives primitives, arrays and dictionaries.</typeparam>
    /// <param name="timeout">How long to wait; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    /// <exception cref="ConnectionClosedException">No message is left, and the other side is closed.</exception>
    /// <exception cref="TruncatedMessageException">The sender was killed while it wrote the message.</exception>
    /// <exception cref="InvalidDataException">What came is no message. The connection is closed for receiving.</exception>
    /// <exception cref="MessageSerializationException">The message is not a <typeparamref name="T"/>; it is used up.</exception>
    /// <exception cref="TimeoutException">No whole message came in time; nothing is lost.</exception>
    /// <exception cref="InvalidOperationException">This end only sends, or another thread is receiving.</exception>
    /// <exception cref="ObjectDisposedException">This end is closed.</exception>
    public T Receive<T>(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowUnlessReceiving();
        using (Begin(ref _receiving, "received"))
        {
            var (message, array) = ReceiveMessage(_maximumLength, timeout, cancellationToken);
            return Deserialize<T>(message, array);
        }
    }

    /// <summary>The awaitable twin of <see cref="Receive"/>.</summary>
    /// <inheritdoc cref="Receive"/>
    public async ValueTask<T> ReceiveAsync<T>(CancellationToken cancellationToken = default)
    {
        ThrowUnlessReceiving();
        return await ReceivingAsync(
            async (transport, token) =>
            {
                var (message, array) = await transport.ReceiveAsync(_maximumLength, token).ConfigureAwait(false);
                return Deserialize<T>(message, array);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Receives the next message as bytes.</summary>
    /// <param name="maximumLength">The most bytes to accept, 2 GiB at most. A longer message closes the connection for receiving.</param>
    /// <param name="timeout">How long to wait; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    /// <exception cref="MessageTooLongException">The message is longer than <paramref name="maximumLength"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximumLength"/> is negative.</exception>
    /// <inheritdoc cref="Receive"/>
    public byte[] ReceiveBytes(
        int? maximumLength = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        int limit = LimitOf(maximumLength);
        ThrowUnlessReceiving();
        using (Begin(ref _receiving, "received"))
        {
            var (message, array) = ReceiveMessage(limit, timeout, cancellationToken);
            return array ?? message.ToArray();
        }
    }

    /// <summary>The memory that messages come through; null if they come another way.</summary>
    internal RingPipeEnd? InputRing => _transport.InputRing;

    /// <summary><see cref="ReceiveBytes"/> of a message that has come whole; null if none has. Never waits.</summary>
    /// <inheritdoc cref="ReceiveBytes"/>
    internal byte[]? TryReceiveBytes(int maximumLength)
    {
        ThrowUnlessReceiving();
        using (Begin(ref _receiving, "received"))
        {
            return _transport.TryReceive(LimitOf(maximumLength), out ReadOnlyMemory<byte> message, out byte[]? array)
                ? array ?? message.ToArray()
                : null;
        }
    }

    /// <summary>The awaitable twin of <see cref="ReceiveBytes"/>.</summary>
    /// <inheritdoc cref="ReceiveBytes"/>
    public async ValueTask<byte[]> ReceiveBytesAsync(int? maximumLength = null, CancellationToken cancellationToken = default)
    {
        int limit = LimitOf(maximumLength);
        ThrowUnlessReceiving();
        return await ReceivingAsync(
            async (transport, token) =>
            {
                var (message, array) = await transport.ReceiveAsync(limit, token).ConfigureAwait(false);
                return array ?? message.ToArray();
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Receives the next message into a buffer and returns its length in bytes.</summary>
    /// <param name="buffer">Where the message goes, from its beginning.</param>
    /// <param name="timeout">How long to wait; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is lost.</param>
    /// <exception cref="BufferTooShortException">The message does not fit; the exception carries it, and the connection goes on.</exception>
    /// <inheritdoc cref="Receive"/>
    public int ReceiveBytesInto(Span<byte> buffer, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowUnlessReceiving();
        using (Begin(ref _receiving, "received"))
        {
            var (message, array) = ReceiveMessage(_maximumLength, timeout, cancellationToken);
            if (message.Length > buffer.Length)
            {
                throw new BufferTooShortException(array ?? message.ToArray(), buffer.Length);
            }

            message.Span.CopyTo(buffer);
            _transport.Recycle(array);
            return message.Length;
        }
    }

    /// <summary>Receives the next message piece by piece, whatever its length, and returns that.</summary>
    /// <param name="destination">Where the bytes go, as they come.</param>
    /// <param name="maximumLength">The most bytes to accept; <see langword="null"/>: any number.</param>
    /// <param name="cancellationToken">Ends the wait. In the middle of a message it closes the connection for receiving.</param>
    /// <exception cref="MessageTooLongException">The message is longer than <paramref name="maximumLength"/>.</exception>
    /// <inheritdoc cref="Receive"/>
    public async ValueTask<long> ReceiveBytesToAsync(
        IBufferWriter<byte> destination, long? maximumLength = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ThrowUnlessReceiving();
        return await ReceivingAsync(
            (transport, token) => transport.ReceiveToAsync(destination, maximumLength ?? long.MaxValue, token),
            cancellationToken).ConfigureAwait(false);
    }

    private int LimitOf(int? maximumLength)
    {
        if (maximumLength is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(limit, nameof(maximumLength));
        }

        return Math.Min(maximumLength ?? _maximumLength, _maximumLength);
    }

    private T Deserialize<T>(ReadOnlyMemory<byte> message, byte[]? array)
    {
        T value = MessageSerializer.Deserialize<T>(message, _origin);
        _transport.Recycle(array);
        return value;
    }

    private (ReadOnlyMemory<byte> Message, byte[]? Array) ReceiveMessage(
        int limit, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return _transport.Receive(limit, Deadline.After(timeout), out ReadOnlyMemory<byte> message, out byte[]? array)
                ? (message, array)
                : throw NothingInTime();
        }

        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenSource stop = LinkToClosing(cancellationToken, timeout);
        try
        {
            return _transport.ReceiveAsync(limit, stop.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw IsClosed ? Closed() : NothingInTime();
        }
    }

    private async ValueTask<TResult> ReceivingAsync<TResult>(
        Func<StreamTransport, CancellationToken, ValueTask<TResult>> receive, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _receiving, 1) != 0)
        {
            throw InUse("received");
        }

        using CancellationTokenSource stop = LinkToClosing(cancellationToken);
        try
        {
            return await receive(_transport, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && IsClosed)
        {
            throw Closed();
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    private static TimeoutException NothingInTime() => new("No whole message came in time. What has come of it is kept.");
}
