using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>The changes of a shared object, as the server tells them.</summary>
internal static class ChangeStream
{
    private const int Capacity = 4096;

    public static async IAsyncEnumerable<SharedChange<TKey>> ReadAsync<TKey>(
        ManagerProxy proxy, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ManagerClient client = proxy.Client;
        // When the reader falls behind, what does not fit is dropped and one change says so: whoever watches reads the object
        // anew then, which tells more than a long list of old changes.
        var changes = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
        bool hasMissed = false;
        PendingCall call = client.Begin(
            proxy.Number,
            "watch",
            0,
            0,
            static (ref MessagePackWriter _, int _) => { },
            isAwaited: true,
            proxy,
            item =>
            {
                if (changes.Reader.Count >= Capacity)
                {
                    Volatile.Write(ref hasMissed, true);
                }
                else
                {
                    _ = changes.Writer.TryWrite(item);
                }
            });
        Task ended = CompleteAsync();
        try
        {
            while (await changes.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (changes.Reader.TryRead(out ReadOnlyMemory<byte> item))
                {
                    SharedChange<TKey> change = Read<TKey>(item, client.Origin);
                    yield return Interlocked.Exchange(ref hasMissed, false)
                        ? new SharedChange<TKey>(change.Version, SharedChangeKind.Missed, default)
                        : change;
                }
            }

            await ended.ConfigureAwait(false);
        }
        finally
        {
            client.Post("cancel", call.Id);
        }

        async Task CompleteAsync()
        {
            try
            {
                await call.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                changes.Writer.Complete();
            }
            catch (Exception error)
            {
                changes.Writer.Complete(error);
            }
        }
    }

    private static SharedChange<TKey> Read<TKey>(ReadOnlyMemory<byte> item, MessageOrigin origin)
    {
        var reader = new MessagePackReader(item);
        _ = reader.ReadArrayHeader();
        long version = reader.ReadInt64();
        var kind = (SharedChangeKind)reader.ReadInt32();
        return new SharedChange<TKey>(version, kind, reader.TryReadNil() ? default : MessageSerializer.Read<TKey>(ref reader, origin));
    }
}
