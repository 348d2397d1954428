using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// One end of a pipe that carries whole messages: any value that MessagePack can express, or plain bytes. The counterpart of
/// <c>multiprocessing.connection.Connection</c>.
/// </summary>
/// <remarks>
/// <para>
/// A connection has one owner. Passing it to a worker, or sending it over another connection, moves it: the object here is
/// closed and the receiver's works. So the end of a stream arrives as soon as its one holder is gone; nobody keeps it open by
/// accident. The process it is moved from must live until the receiver has taken it.
/// </para>
/// <para>
/// One thread may send while another receives. A second one doing the same thing at the same time is told so by an
/// <see cref="InvalidOperationException"/>, and nothing is garbled; a lock around the calls is what shares an end.
/// </para>
/// <para>
/// The two kinds of messages, values and bytes, are not told apart on the wire: receive what was sent. <see cref="Dispose"/>
/// ends every awaiting call; a thread that blocks without a time-out returns when the other side sends or ends.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(ConnectionFormatter))]
public sealed partial class Connection : IWaitable, IDisposable
{
    private readonly StreamTransport _transport;
    private readonly MessageOrigin _origin;
    private readonly int _maximumLength = Array.MaxLength;
    private readonly CancellationTokenSource _closed = new();
    private int _sending;
    private int _receiving;
    private string? _closedBecause;

    internal Connection(StreamTransport transport, MessageOrigin origin = MessageOrigin.OwnProcess)
    {
        (_transport, _origin) = (transport, origin);
    }

    /// <summary>Whose process is at the other end; moves along with the connection.</summary>
    internal MessageOrigin Origin => _origin;

    /// <summary>Whether messages can be received at this end.</summary>
    public bool CanReceive => _transport.CanReceive;

    /// <summary>Whether messages can be sent at this end.</summary>
    public bool CanSend => _transport.CanSend;

    /// <summary>Whether this end has been closed here or moved to another process.</summary>
    public bool IsClosed => _closedBecause is not null;

    /// <summary>Whether a message, or the end of the stream, can be received without waiting for its beginning.</summary>
    public bool IsReady => Poll();

    /// <summary>Waits until a message, or the end of the stream, can be received.</summary>
    /// <param name="timeout">How long; zero or less (the default) only looks, <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Whether there is something to receive. True at the end of the stream: receiving then says so.</returns>
    /// <exception cref="InvalidOperationException">This end only sends.</exception>
    /// <exception cref="ObjectDisposedException">This end is closed.</exception>
    public bool Poll(TimeSpan timeout = default, CancellationToken cancellationToken = default)
    {
        ThrowUnlessReceiving();
        if (!cancellationToken.CanBeCanceled)
        {
            return _transport.Poll(Deadline.After(timeout));
        }

        if (_transport.Poll(Deadline.After(TimeSpan.Zero)))
        {
            return true;
        }

        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenSource stop = LinkToClosing(cancellationToken, timeout);
        try
        {
            WaitReadyAsync(stop.Token).GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return IsClosed ? throw Closed() : false;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">This end only sends.</exception>
    /// <exception cref="ObjectDisposedException">This end is closed, or was closed meanwhile.</exception>
    public async Task WaitReadyAsync(CancellationToken cancellationToken = default)
    {
        ThrowUnlessReceiving();
        using CancellationTokenSource stop = LinkToClosing(cancellationToken);
        try
        {
            await _transport.PollAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && IsClosed)
        {
            throw Closed();
        }
    }

    /// <summary>Closes this end. Messages that were sent before still arrive, then the other side is at the end of the stream.</summary>
    public void Dispose() => Close("it was disposed");

    /// <summary>Text for people: which directions work, and whether it is closed.</summary>
    public override string ToString() =>
        $"Connection ({(CanReceive ? CanSend ? "duplex" : "receiving" : "sending")}{(IsClosed ? ", closed" : "")})";

    /// <summary>Hands the ends over to a message; this object is closed.</summary>
    internal void MoveTo(ref MessagePackWriter writer)
    {
        ThrowIfClosed();
        using (Begin(ref _sending, "sent"))
        using (Begin(ref _receiving, "received"))
        {
            _transport.MoveTo(ref writer);
            Close("it was moved to another process");
        }
    }

    private void Close(string because)
    {
        if (Interlocked.CompareExchange(ref _closedBecause, because, null) is null)
        {
            _closed.Cancel();
            _transport.Dispose();
            _closed.Dispose();
        }
    }

    private ObjectDisposedException Closed() => new(nameof(Connection), $"This connection is closed: {_closedBecause}.");

    private void ThrowIfClosed()
    {
        if (IsClosed)
        {
            throw Closed();
        }
    }

    private void ThrowUnlessReceiving()
    {
        ThrowIfClosed();
        if (!CanReceive)
        {
            throw new InvalidOperationException("This end of a one-way pipe only sends; receive at the other end, or create the pipe duplex.");
        }
    }

    private void ThrowUnlessSending()
    {
        ThrowIfClosed();
        if (!CanSend)
        {
            throw new InvalidOperationException("This end of a one-way pipe only receives; send at the other end, or create the pipe duplex.");
        }
    }

    /// <summary>Ends a wait when its caller says so, when its time is over, or when the connection is closed.</summary>
    private CancellationTokenSource LinkToClosing(CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        try
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token);
            stop.CancelAfter(Deadline.After(timeout).Remaining);
            return stop;
        }
        catch (ObjectDisposedException)
        {
            throw Closed();
        }
    }

    /// <summary>Claims one direction: two threads that send at once would interleave their bytes.</summary>
    private static Claim Begin(ref int inUse, string what) =>
        Interlocked.Exchange(ref inUse, 1) == 0
            ? new Claim(ref inUse)
            : throw InUse(what);

    private static InvalidOperationException InUse(string what) => new(
        $"A message is being {what} at this end on another thread. Only one thread at a time may do so; use a lock around the calls.");

    private readonly ref struct Claim(ref int inUse) : IDisposable
    {
        private readonly ref int _inUse = ref inUse;

        public void Dispose() => Volatile.Write(ref _inUse, 0);
    }
}
