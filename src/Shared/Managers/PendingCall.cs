using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A call that is on its way to a manager's server, until its answer has come.</summary>
/// <param name="client">The connection that it is made over.</param>
/// <param name="id">Its number there.</param>
/// <param name="user">
/// What refers to the object that is called; kept until the answer has come, so that the object is not given back, and removed,
/// under a call that waits in it although nobody uses the proxy any more.
/// </param>
#pragma warning disable CA1001 // The timer is disposed of when the call ends, as every call does.
internal sealed partial class PendingCall(ManagerClient client, uint id, object? user)
#pragma warning restore CA1001
{
    private readonly Lock _lock = new();
    private IAwaitedCall? _awaiter;
    private ReplyKind _kind;
    private ReadOnlyMemory<byte> _answer;
    private Exception? _error;
    private volatile bool _isDone;

    public uint Id => id;

    /// <summary>What the call keeps alive.</summary>
    public object? User => user;

    public bool IsDone => _isDone;

    /// <summary>Given each item of a call that goes on; null for others.</summary>
    public Action<ReadOnlyMemory<byte>>? OnItem { get; init; }

    /// <summary>Blocks until it is carried out.</summary>
    public void Wait(CancellationToken cancellationToken = default)
    {
        _isCancelable = cancellationToken.CanBeCanceled;
        using (CancelOn(cancellationToken))
        {
            client.Wait(this);
        }

        ThrowIfFailed(cancellationToken);
    }

    /// <summary>Blocks for the result.</summary>
    public T Result<T>(CancellationToken cancellationToken = default)
    {
        Wait(cancellationToken);
        return Read<T>();
    }

    public Task WaitAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.CanBeCanceled ? WaitCancelableAsync(cancellationToken) : Await<NoResult>();

    public Task<T> ResultAsync<T>(CancellationToken cancellationToken = default) =>
        cancellationToken.CanBeCanceled ? CancelableResultAsync<T>(cancellationToken) : Await<T>();

    /// <summary>The result, read as a type that is known only now.</summary>
    public object? Read(Type type)
    {
        using (ManagerClient.Enter(client))
        {
            return MessageSerializer.Deserialize(type, _answer, client.Origin);
        }
    }

    /// <summary>The result.</summary>
    public T Read<T>()
    {
        using (ManagerClient.Enter(client))
        {
            return MessageSerializer.Deserialize<T>(_answer, client.Origin);
        }
    }

    /// <summary>The result's bytes.</summary>
    public ReadOnlyMemory<byte> Answer => _answer;

    public void Complete(ReplyKind kind, ReadOnlyMemory<byte> answer)
    {
        if (!TryFinish(kind, answer, null))
        {
            TakeBack(kind, answer);
        }
    }

    public void Fail(Exception error) => _ = TryFinish(ReplyKind.Failure, default, error);

    /// <summary>False if the call was over already.</summary>
    private bool TryFinish(ReplyKind kind, ReadOnlyMemory<byte> answer, Exception? error, bool isEndedHere = false)
    {
        IAwaitedCall? awaiter;
        lock (_lock)
        {
            if (_isDone)
            {
                if (_isLate)
                {
                    // Once only: who finds the connection ended, and who waits, may both come here.
                    _isLate = false;
                    client.EndAwaiting();
                }

                return false;
            }

            (_kind, _answer, _error) = (kind, answer, error);
            (_isDone, _isLate) = (true, isEndedHere);
            awaiter = _awaiter;
            _timer?.Dispose();
        }

        if (awaiter is not null)
        {
            client.EndAwaiting();
            awaiter.Complete(kind == ReplyKind.Failure);
        }

        return true;
    }

    /// <summary>Begins to await the call, which no thread then blocks for.</summary>
    private Task<T> Await<T>()
    {
        var awaiter = new AwaitedCall<T>(this);
        lock (_lock)
        {
            if (!_isDone)
            {
                _awaiter = awaiter;
                StartTimer();
            }
        }

        if (_awaiter is null)
        {
            awaiter.Execute();
        }
        else
        {
            client.BeginAwaiting();
        }

        return awaiter.Task;
    }

    private async Task WaitCancelableAsync(CancellationToken cancellationToken)
    {
        using (CancelOn(cancellationToken))
        {
            await ((Task)Await<NoResult>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ThrowIfFailed(cancellationToken);
    }

    private async Task<T> CancelableResultAsync<T>(CancellationToken cancellationToken)
    {
        await WaitCancelableAsync(cancellationToken).ConfigureAwait(false);
        return Read<T>();
    }

    // The server answers a cancelled call, too, at once; and if the result was on its way already, that is what counts: a lock
    // that was acquired in the same moment is held, and its caller must know.
    private CancellationTokenRegistration CancelOn(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static state => ((PendingCall)state!).Cancel(), this);

    /// <summary>Throws what the call failed with, if it did.</summary>
    public void ThrowIfFailed(CancellationToken cancellationToken)
    {
        if (_error is not null)
        {
            throw _error is ManagerDisconnectedException ? new ManagerDisconnectedException(_error.Message, _error) : _error;
        }

        if (_kind == ReplyKind.Failure)
        {
            throw ReadFailure(cancellationToken);
        }
    }

    private Exception ReadFailure(CancellationToken cancellationToken)
    {
        var reader = new MessagePackReader(_answer);
        _ = reader.ReadArrayHeader();
        var code = (FailureCode)reader.ReadInt32();
        RemoteError error = MessageSerializer.Read<RemoteError>(ref reader, MessageOrigin.Foreign);
        var remote = new RemoteException(client.ServerName, client.ServerProcessId, error);
        return code switch
        {
            FailureCode.KeyNotFound => new KeyNotFoundException(error.Message, remote),
            FailureCode.OutOfRange => OutOfRange(error.Message, remote),
            FailureCode.InvalidOperation => new InvalidOperationException(error.Message, remote),
            FailureCode.Timeout => new TimeoutException(error.Message, remote),
            FailureCode.Cancelled => new OperationCanceledException(error.Message, remote, cancellationToken),
            FailureCode.NotHeld => new SynchronizationLockException(error.Message, remote),
            FailureCode.SemaphoreFull => new SemaphoreFullException(error.Message, remote),
            FailureCode.NoObject => new ObjectDisposedException(error.Message, remote),
            FailureCode.NoMethod => new MissingMethodException(error.Message, remote),
            FailureCode.BadArguments => new ArgumentException(error.Message, paramName: null, remote),
            FailureCode.Completed => new QueueCompletedException(error.Message),
            _ => remote,
        };
    }

#pragma warning disable MA0015 // Which parameter it was is in the message; the exception has no constructor that takes both and a cause.
    private static ArgumentOutOfRangeException OutOfRange(string message, Exception cause) => new(message, cause);
#pragma warning restore MA0015
}
