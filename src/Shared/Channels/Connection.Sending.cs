using System.Buffers;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Channels;

public sealed partial class Connection
{
    /// <summary>Serializes a value and sends it as one message. Blocks while the receiver is behind and the pipe is full.</summary>
    /// <param name="value">What to send. It is serialized here and now: later changes to it do not travel.</param>
    /// <param name="timeout">How long to wait for room; <see langword="null"/>: for ever.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. If part of the message had been sent by then, the connection is closed for sending, and the receiver sees
    /// a <see cref="TruncatedMessageException"/>.
    /// </param>
    /// <exception cref="MessageSerializationException">The value cannot travel; nothing was sent.</exception>
    /// <exception cref="ConnectionClosedException">Nobody can receive any more.</exception>
    /// <exception cref="TimeoutException">There was no room in time.</exception>
    /// <exception cref="InvalidOperationException">This end only receives, or another thread is sending.</exception>
    /// <exception cref="ObjectDisposedException">This end is closed.</exception>
    public void Send<T>(T value, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowUnlessSending();
        cancellationToken.ThrowIfCancellationRequested();
        FrameWriter writer = FrameWriter.Rent();
        try
        {
            using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers();
            MessageSerializer.Serialize(writer, value, _origin);
            SendFrame(writer.Frame, timeout, cancellationToken);
            _ = HandleTransfer.KeepOffers();
        }
        finally
        {
            writer.Return();
        }
    }

    /// <summary>The awaitable twin of <see cref="Send"/>; serializes before it returns.</summary>
    /// <inheritdoc cref="Send"/>
    public async ValueTask SendAsync<T>(T value, CancellationToken cancellationToken = default)
    {
        ThrowUnlessSending();
        cancellationToken.ThrowIfCancellationRequested();
        FrameWriter writer = FrameWriter.Rent();
        IReadOnlyList<Offer> offered = [];
        try
        {
            offered = SerializeTo(writer, value);
            await SendingAsync(
                (Transport: _transport, writer.Frame),
                static (state, token) => state.Transport.SendFrameAsync(state.Frame, token),
                cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            HandleTransfer.Revoke(offered);
            throw;
        }
        finally
        {
            writer.Return();
        }
    }

    /// <summary>Sends bytes as one message; none is a message too.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="timeout">How long to wait for room; <see langword="null"/>: for ever.</param>
    /// <exception cref="ConnectionClosedException">Nobody can receive any more.</exception>
    /// <exception cref="TimeoutException">
    /// There was no room in time; if part of the message had been sent by then, the connection is closed for sending.
    /// </exception>
    /// <exception cref="InvalidOperationException">This end only receives, or another thread is sending.</exception>
    /// <exception cref="ObjectDisposedException">This end is closed.</exception>
    public void SendBytes(ReadOnlySpan<byte> message, TimeSpan? timeout = null)
    {
        ThrowUnlessSending();
        using (Begin(ref _sending, "sent"))
        {
            _transport.Send(message, Deadline.After(timeout));
        }
    }

    /// <summary>Sends bytes as one message; none is a message too.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="cancellationToken">
    /// Ends the wait; if part of the message had been sent by then, the connection is closed for sending.
    /// </param>
    /// <inheritdoc cref="SendBytes(ReadOnlySpan{byte}, TimeSpan?)"/>
    public ValueTask SendBytesAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) =>
        SendBytesAsync(new ReadOnlySequence<byte>(message), cancellationToken);

    /// <summary>Sends the bytes of a sequence as one message, which may be longer than 2 GiB.</summary>
    /// <inheritdoc cref="SendBytesAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public async ValueTask SendBytesAsync(ReadOnlySequence<byte> message, CancellationToken cancellationToken = default)
    {
        ThrowUnlessSending();
        cancellationToken.ThrowIfCancellationRequested();
        await SendingAsync(
            (Transport: _transport, Message: message),
            static (state, token) => state.Transport.SendAsync(state.Message, token),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends bytes as one message if that takes no waiting and no more than a copy. False: nothing was sent, for want of room, because
    /// nobody can receive any more, or because this kind of connection has no such way; <see cref="SendBytesAsync(ReadOnlyMemory{byte}, CancellationToken)"/> tells.
    /// </summary>
    internal bool TrySendBytes(ReadOnlySpan<byte> message)
    {
        ThrowUnlessSending();
        using (Begin(ref _sending, "sent"))
        {
            return _transport.TrySend(message);
        }
    }

    private IReadOnlyList<Offer> SerializeTo<T>(FrameWriter writer, T value)
    {
        using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers();
        MessageSerializer.Serialize(writer, value, _origin);
        return HandleTransfer.KeepOffers();
    }

    private void SendFrame(ReadOnlyMemory<byte> frame, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            using (Begin(ref _sending, "sent"))
            {
                _transport.SendFrame(frame.Span, Deadline.After(timeout));
            }

            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Deadline.After(timeout).Remaining);
        try
        {
            SendingAsync(
                (Transport: _transport, Frame: frame),
                static (state, token) => state.Transport.SendFrameAsync(state.Frame, token),
                stop.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                "The message could not be sent in time: the receiver does not take what was sent before.", error);
        }
    }

    private async ValueTask SendingAsync<TState>(
        TState state, Func<TState, CancellationToken, ValueTask> send, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _sending, 1) != 0)
        {
            throw InUse("sent");
        }

        using CancellationTokenSource stop = LinkToClosing(cancellationToken);
        try
        {
            await send(state, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && IsClosed)
        {
            throw Closed();
        }
        finally
        {
            Volatile.Write(ref _sending, 0);
        }
    }
}
