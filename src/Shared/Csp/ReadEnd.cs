using System.Runtime.CompilerServices;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>An end of a channel to read from.</summary>
/// <typeparam name="T">The items.</typeparam>
[MessagePackFormatter(typeof(ReadEndFormatter<>))]
public sealed class ReadEnd<T> : ChannelEnd
{
    internal ReadEnd(ChannelCore core)
        : base(core, ChannelSide.Reader)
    {
    }

    internal ReadEnd(ref MessagePackReader reader)
        : base(ref reader, ChannelSide.Reader, QueueItems<T>.Type)
    {
    }

    /// <summary>Reads an item. Blocks until a writer has one.</summary>
    /// <param name="timeout">How long to wait; <see langword="null"/>: for ever; zero or less only looks.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing was read then.</param>
    /// <exception cref="TimeoutException">No item came in time.</exception>
    /// <exception cref="ChannelPoisonedException">The channel has been poisoned.</exception>
    /// <exception cref="ChannelRetiredException">All writers have left.</exception>
    /// <exception cref="ObjectDisposedException">This end was retired or moved away, maybe meanwhile.</exception>
    /// <exception cref="IOException">The item, or something in it, was in the memory of a process that has ended.</exception>
    public T Read(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Blocking.Result(ReadAsync(isAsync: false, timeout, cancellationToken));

    /// <summary>Reads an item. Occupies no thread while it waits.</summary>
    /// <inheritdoc cref="Read"/>
    public ValueTask<T> ReadAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        ReadAsync(isAsync: true, timeout, cancellationToken);

    /// <summary>Reads items one after the other until all writers have left. Blocks while there is none.</summary>
    /// <param name="cancellationToken">Ends the loop with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ChannelPoisonedException">The channel has been poisoned.</exception>
    public IEnumerable<T> ReadAll(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            T item;
            try
            {
                item = Read(timeout: null, cancellationToken);
            }
            catch (ChannelRetiredException)
            {
                yield break;
            }

            yield return item;
        }
    }

    /// <summary>Reads items one after the other until all writers have left. Occupies no thread while there is none.</summary>
    /// <inheritdoc cref="ReadAll"/>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            T item;
            try
            {
                item = await ReadAsync(timeout: null, cancellationToken).ConfigureAwait(false);
            }
            catch (ChannelRetiredException)
            {
                yield break;
            }

            yield return item;
        }
    }

    private async ValueTask<T> ReadAsync(bool isAsync, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using Use use = BeginUse();
        using var item = RecordBuffer.Rent();
        var read = new ChannelAlternative(this, item);
        Alternative[] alternatives = timeout is null ? [read] : [read, new TimeAlternative(Deadline.After(timeout))];
        if (await Choice.MakeAsync(isAsync, alternatives, 0, cancellationToken).ConfigureAwait(false) != 0)
        {
            throw new TimeoutException($"Nothing was written to the channel within {timeout}.");
        }

        return read.Deserialize<T>();
    }
}
