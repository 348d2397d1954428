using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>An end of a channel to write to.</summary>
/// <typeparam name="T">The items.</typeparam>
[MessagePackFormatter(typeof(WriteEndFormatter<>))]
public sealed class WriteEnd<T> : ChannelEnd
{
    internal WriteEnd(ChannelCore core)
        : base(core, ChannelSide.Writer)
    {
    }

    internal WriteEnd(ref MessagePackReader reader)
        : base(ref reader, ChannelSide.Writer, QueueItems<T>.Type)
    {
    }

    /// <summary>Writes an item. Blocks until a reader has taken it, or the buffer, if there is one, has room for it.</summary>
    /// <param name="item">The item; serialized before anything else is done.</param>
    /// <param name="timeout">How long to wait; <see langword="null"/>: for ever; zero or less only looks.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing was written then.</param>
    /// <exception cref="TimeoutException">Nobody took the item in time; it was not written.</exception>
    /// <exception cref="ChannelPoisonedException">The channel has been poisoned.</exception>
    /// <exception cref="ChannelRetiredException">All readers have left.</exception>
    /// <exception cref="MessageSerializationException">The item cannot travel.</exception>
    /// <exception cref="ObjectDisposedException">This end was retired or moved away, maybe meanwhile.</exception>
    public void Write(T item, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Blocking.Wait(WriteAsync(isAsync: false, item, timeout, cancellationToken));

    /// <summary>Writes an item. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="Write"/>
    public ValueTask WriteAsync(T item, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        WriteAsync(isAsync: true, item, timeout, cancellationToken);

    private async ValueTask WriteAsync(bool isAsync, T item, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using Use use = BeginUse();
        var outgoing = new OutgoingItem<T>(this, item);
        int chosen = -1;
        try
        {
            Alternative[] alternatives =
                timeout is null ? [outgoing.Alternative] : [outgoing.Alternative, new TimeAlternative(Deadline.After(timeout))];
            chosen = await Choice.MakeAsync(isAsync, alternatives, 0, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            outgoing.End(chosen == 0);
        }

        if (chosen != 0)
        {
            throw new TimeoutException($"Nobody read from the channel within {timeout}, so the item was not written.");
        }
    }
}
