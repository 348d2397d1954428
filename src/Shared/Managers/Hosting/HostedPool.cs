using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A pool of worker processes, which are the server's. A task ends with the client that waits for it.</summary>
internal sealed class HostedPool : HostedObject
{
    private readonly IProcessPool _runner;
    private readonly ProcessPool _pool;
    private readonly WaitQueue _running;

    public HostedPool(ProcessPool pool)
    {
        _runner = _pool = pool;
        _running = new WaitQueue(Gate, static (waiter, _) => ((Stops)waiter.State!).Cancel());
    }

    public override string TypeName => "pool";

    /// <exception cref="CallFailedException">The server has clients of other programs.</exception>
    public static HostedPool Create(ref CallFrame call)
    {
        // What a pool is sent names a method to be run: nobody but this program's own processes may ever do that.
        if (call.Session.Origin != MessageOrigin.OwnProcess)
        {
            throw new CallFailedException(
                FailureCode.InvalidOperation,
                "A pool runs whatever methods its clients name, so only a manager that was started without an address and without a key, "
                + "which no other program can reach, hosts one. Start another manager for it.");
        }

        return new HostedPool(PoolSettings.Open((byte[])call.Read(typeof(byte[]))!)) { Number = ObjectTable.NewNumber() };
    }

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        switch (method)
        {
            case "submit": Submit(ref call); break;
            case "withdraw": Withdraw(call.Session, call.ReadUInt64()); break;
            case "worker_count": call.Write(_pool.WorkerCount); break;
            default: throw NoSuchMethod(method);
        }
    }

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _running.Clear();
        }

        _ = _pool.StopAsync();
        return [];
    }

    public override string ToString()
    {
        PoolInsights insights = _pool.GetInsights();
        return $"pool with {insights.Workers.Count} of {_pool.WorkerCount} workers, {insights.Pending} tasks waiting";
    }

    private void Submit(ref CallFrame call)
    {
        var request = (PoolRequest)call.Read(typeof(PoolRequest))!;
        Waiter waiter;
        lock (Gate)
        {
            waiter = _running.Enqueue(ref call, Timeout.InfiniteTimeSpan, new Stops(new CancellationTokenSource(), new CancellationTokenSource()));
        }

        _ = RunAsync(request, waiter);
    }

    /// <summary>The client has no use for the task's result any more; if it runs already, it may go on.</summary>
    private void Withdraw(ManagerSession session, ulong id)
    {
        lock (Gate)
        {
            (_running.Waiters.FirstOrDefault(waiter => waiter.Session == session && waiter.Id == id)?.State as Stops)?.Withdraw();
        }
    }

    private async Task RunAsync(PoolRequest request, Waiter waiter)
    {
        var stops = (Stops)waiter.State!;
        ManagerSession session = waiter.Session;
        try
        {
            var call = new PoolCall(request.Name, request.Call, request.IsCooperative, [], [], null);
            var options = new PoolTaskOptions { Timeout = request.Timeout, Retries = request.Retries };
            RawValue result = await _runner.RunAsync<RawValue>(call, options, stops.Cancelled.Token, stops.Withdrawn.Token).ConfigureAwait(false);
            session.Reply(waiter.Id, result, PoolAnswer.WriteResult);
        }
        catch (RemoteException error)
        {
            session.Reply(waiter.Id, error, PoolAnswer.WriteError);
        }
        catch (WorkerDiedException error)
        {
            session.Reply(waiter.Id, error, PoolAnswer.WriteDeath);
        }
        catch (Exception error)
        {
            session.Fail(waiter.Id, error switch
            {
                OperationCanceledException => new CallFailedException(FailureCode.Cancelled, error.Message),
                TimeoutException => new CallFailedException(FailureCode.Timeout, error.Message),
                InvalidOperationException => new CallFailedException(FailureCode.InvalidOperation, error.Message),
                _ => error,
            });
        }
        finally
        {
            _running.Finish(waiter);
        }
    }

    /// <summary>What ends a task early. Not disposed of: no timer hangs on it, and the client may cancel just when the task ends.</summary>
    private sealed record Stops(CancellationTokenSource Cancelled, CancellationTokenSource Withdrawn)
    {
        // On another thread: the pool must not be entered under the object's lock.
        public void Cancel() => _ = Cancelled.CancelAsync();

        public void Withdraw() => _ = Withdrawn.CancelAsync();
    }
}
