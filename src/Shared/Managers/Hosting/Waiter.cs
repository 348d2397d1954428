using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A call that waits in the server. It occupies no thread, and nobody else waits because of it.</summary>
/// <param name="queue">Where it waits.</param>
/// <param name="session">Whose call it is.</param>
/// <param name="id">Its number at that client.</param>
internal sealed class Waiter(WaitQueue queue, ManagerSession session, uint id) : IDisposable
{
    private Timer? _timer;

    public ManagerSession Session => session;

    public uint Id => id;

    /// <summary>What the object wants to know when the wait ends: the value to be put, the owner to be.</summary>
    public object? State { get; set; }

    /// <summary>Where it stands in the queue; guarded by the object's lock.</summary>
    public LinkedListNode<Waiter>? Node { get; set; }

    /// <summary>Where it waits now; a condition's waiters move on to the mutex. Guarded by the object's lock.</summary>
    public WaitQueue Queue { get; set; } = queue;

    /// <summary>Lets the wait end by itself. The object's lock is held, so that it cannot have ended yet.</summary>
    public void StartTimer(TimeSpan timeout)
    {
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            _timer = new Timer(static state => ((Waiter)state!).GiveUp(WaitOutcome.TimedOut), this, timeout, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Lets the wait not end by itself any more.</summary>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Ends the wait without what was waited for, unless that came first.</summary>
    public void GiveUp(WaitOutcome outcome) => Queue.GiveUp(this, outcome);

    public void Reply(bool value) => session.Reply(id, value, static (ref MessagePackWriter writer, bool state) => writer.Write(state));

    public void Reply(long value) => session.Reply(id, value, static (ref MessagePackWriter writer, long state) => writer.Write(state));

    public void Reply(StoredValue value)
    {
        foreach (HostedObject reference in value.References ?? [])
        {
            session.Lease(reference);
        }

        session.Reply(id, value, static (ref MessagePackWriter writer, StoredValue state) => writer.WriteRaw(state.Bytes));
    }

    public void Fail(FailureCode code, string message) => session.Fail(id, new CallFailedException(code, message));
}
