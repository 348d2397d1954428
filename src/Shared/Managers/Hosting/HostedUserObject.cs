using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>An object of a registered type. Its methods run beside each other; what makes that safe is its own affair.</summary>
internal sealed class HostedUserObject : HostedObject
{
    private readonly UserType _type;
    private readonly WaitQueue _running;

    public HostedUserObject(UserType type, object instance)
    {
        _type = type;
        Instance = instance;
        _running = new WaitQueue(Gate, static (call, outcome) =>
        {
            _ = ((CancellationTokenSource)call.State!).CancelAsync();
        });
    }

    public object Instance { get; }

    /// <summary>Whether the instance is disposed of with this object; false while another one hosts it, too.</summary>
    public bool OwnsInstance { get; set; }

    public override string TypeName => _type.Name;

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        UserMethod found = _type.Find(method) ?? throw NoSuchMethod(method);
        // Not disposed of: no timer hangs on it, and the client may cancel just when the call ends.
        var running = new CancellationTokenSource();
        object?[] arguments = found.ReadArguments(ref call, running.Token);
        Waiter waiter;
        lock (Gate)
        {
            waiter = _running.Enqueue(ref call, Timeout.InfiniteTimeSpan, running);
        }

        // An asynchronous method is begun in the order in which the client called; another one may block, so it gets a
        // thread where it is in nobody's way.
        if (found.IsAsynchronous)
        {
            _ = RunAsync(found, arguments, waiter);
        }
        else
        {
            RunOnThread(call.Session.Server.Threads, found, arguments, waiter);
        }
    }

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _running.Clear();
        }

        if (OwnsInstance)
        {
            DisposeInstance();
        }

        return [];
    }

    public override string ToString()
    {
        try
        {
            return $"{TypeName}: {Instance}";
        }
        catch (Exception error)
        {
            // The program's own code. What else the server hosts is to be seen all the same.
            return $"{TypeName} (its text cannot be had: {error.GetType()}: {error.Message})";
        }
    }

    private void RunOnThread(CallThreads threads, UserMethod method, object?[] arguments, Waiter waiter)
    {
        try
        {
            threads.Run(waiter.Session.Calls, () => _ = RunAsync(method, arguments, waiter));
        }
        catch
        {
            _running.Finish(waiter); // it is answered now, and not once more when its client leaves
            throw;
        }
    }

    private void DisposeInstance()
    {
        try
        {
            switch (Instance)
            {
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
                case IAsyncDisposable disposable:
                    _ = disposable.DisposeAsync().AsTask();
                    break;
            }
        }
        catch (Exception)
        {
            // The program's own code, and nobody is left who refers to the object and could be told. What its last client held
            // besides is still to be released.
        }
    }

    private async Task RunAsync(UserMethod method, object?[] arguments, Waiter waiter)
    {
        ManagerSession session = waiter.Session;
        CancellationToken cancelled = ((CancellationTokenSource)waiter.State!).Token;
        try
        {
            object? returned = method.Invoke(Instance, arguments);
            object? result = method.IsAsynchronous ? await method.AwaitAsync(returned).ConfigureAwait(false) : returned;
            Reply(session, waiter.Id, method.ResultType, result);
        }
        catch (OperationCanceledException error) when (cancelled.IsCancellationRequested)
        {
            session.Fail(waiter.Id, new CallFailedException(FailureCode.Cancelled, error.Message));
        }
        catch (Exception error)
        {
            session.Fail(waiter.Id, error);
        }
        finally
        {
            _running.Finish(waiter);
        }
    }

    private static void Reply(ManagerSession session, uint id, Type type, object? result)
    {
        if (result is not null && session.Server.Types.Find(type) is { } registered)
        {
            HostedObject hosted = session.LeaseNew(registered.Host(result));
            session.Reply(id, hosted, static (ref MessagePackWriter writer, HostedObject given) => ManagerReference.Write(ref writer, given.Number));
            return;
        }

        session.Reply(id, (Type: type, Result: result, session.Origin), static (ref MessagePackWriter writer, (Type Type, object? Result, MessageOrigin Origin) given) =>
        {
            if (given.Type == typeof(void))
            {
                writer.WriteNil();
            }
            else
            {
                MessageSerializer.Write(ref writer, given.Type, given.Result, given.Origin);
            }
        });
    }
}
