using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>The clients that watch an object, and the number of its last change. Guarded by the object's lock.</summary>
internal sealed class ChangeFeed(Lock gate)
{
    private static readonly object s_missed = new();
    private readonly WaitQueue _watchers = new(gate, static (waiter, outcome) =>
    {
        if (outcome == WaitOutcome.Cancelled)
        {
            waiter.Reply(true);
        }
        else
        {
            WaitQueue.FailUsually(waiter, outcome);
        }
    });

    /// <summary>Counts changes; 0 if there was none.</summary>
    public long Version { get; private set; }

    /// <summary>Tells the client of every change from now on, first of the current version, until it cancels the call.</summary>
    public void Watch(ref CallFrame call)
    {
        _ = _watchers.Enqueue(ref call, Timeout.InfiniteTimeSpan);
        Tell(call.Session, call.Id, SharedChangeKind.Watching, ReadOnlyMemory<byte>.Empty);
    }

    public void Add(SharedChangeKind kind, ReadOnlyMemory<byte> key)
    {
        Version++;
        foreach (Waiter watcher in _watchers.Waiters)
        {
            // A watcher that does not keep up is told that it has missed something, once it reads again: what it would have
            // been told is not kept for it.
            if (watcher.State is null && !watcher.Session.IsBehind)
            {
                Tell(watcher.Session, watcher.Id, kind, key);
            }
            else if (watcher.State is null)
            {
                watcher.State = s_missed;
                _ = TellOfMissedAsync(watcher);
            }
        }
    }

    // Not left to the next change: there may be none.
    private async Task TellOfMissedAsync(Waiter watcher)
    {
        await watcher.Session.WhenDrained().ConfigureAwait(false);
        lock (gate)
        {
            if (watcher.Node is not null)
            {
                watcher.State = null;
                Tell(watcher.Session, watcher.Id, SharedChangeKind.Missed, ReadOnlyMemory<byte>.Empty);
            }
        }
    }

    public void Add(SharedChangeKind kind, int index)
    {
        Version++;
        if (_watchers.Count > 0)
        {
            Version--;
            Add(kind, MessagePackSerializer.Serialize(index));
        }
    }

    public void Clear() => _watchers.Clear();

    private void Tell(ManagerSession session, uint id, SharedChangeKind kind, ReadOnlyMemory<byte> key) =>
        session.Item(id, (Version, kind, key), static (ref MessagePackWriter writer, (long Version, SharedChangeKind Kind, ReadOnlyMemory<byte> Key) change) =>
        {
            writer.WriteArrayHeader(3);
            writer.Write(change.Version);
            writer.Write((int)change.Kind);
            // A reference is not named: the watcher would hold it, and may never come to read of it.
            if (change.Key.IsEmpty || ValueScanner.References(change.Key) is not null)
            {
                writer.WriteNil();
            }
            else
            {
                writer.WriteRaw(change.Key.Span);
            }
        });
}
