using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// A pool of worker processes that lives in a manager's server and runs calls for every process that has the proxy. The counterpart
/// of Python's <c>manager.Pool()</c>.
/// </summary>
/// <remarks>
/// <para>
/// Calls are serialized here, so that what cannot travel throws here, and pass through the server to its workers: each costs one
/// message more each way than with a <see cref="ProcessPool"/> of one's own. No call and no result may be longer than the
/// server's limits for requests and answers (64 MiB unless set).
/// </para>
/// <para>
/// A task ends with the process that waits for it: when that is killed, what has not started never does, and what runs is stopped.
/// Only processes of the program that started the manager can use the pool, and only a manager that no other can reach hosts one.
/// </para>
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedPool>))]
public sealed class SharedPool : ManagerProxy, ISharedProxy<SharedPool>, IProcessPool
{
    private SharedPool(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>The most workers that run at once. One call to the server.</summary>
    public int WorkerCount => Call("worker_count").Result<int>();

    ChunkMemory? IProcessPool.Memory => null;

    static string ISharedProxy<SharedPool>.TypeName => "pool";

    /// <summary>Has a call run by a worker. (Python: <c>apply_async</c>.)</summary>
    /// <typeparam name="TResult">The call's return type, without the task of an asynchronous one.</typeparam>
    /// <param name="call">What it runs; as for <see cref="IProcessPool.Submit{TResult}(Delegate, object[], PoolTaskOptions, CancellationToken)"/>.</param>
    /// <param name="arguments">The arguments; those that the method has default values for may be left out.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <returns>
    /// The result. Fails as a task of a <see cref="ProcessPool"/> does, with <see cref="Processes.RemoteException"/>,
    /// <see cref="Processes.WorkerDiedException"/> or <see cref="TimeoutException"/>; with <see cref="InvalidOperationException"/> if the
    /// pool is broken; and with <see cref="ManagerDisconnectedException"/> when the server is gone.
    /// </returns>
    /// <exception cref="ArgumentException">The arguments do not fit the method, or it cannot be called in another process.</exception>
    /// <exception cref="Serialization.MessageSerializationException">An argument or captured variable cannot travel.</exception>
    public Task<TResult> Submit<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(arguments);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowUnlessOwn(Client.Origin);
        return ((IProcessPool)this).RunAsync<TResult>(PoolCall.Write(call, arguments), options, cancellationToken);
    }

    /// <inheritdoc/>
    public TResult Invoke<TResult>(
        Delegate call, object?[] arguments, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, arguments, options, cancellationToken).GetAwaiter().GetResult();

    void IProcessPool.ThrowUnlessTrusted() => ThrowUnlessOwn(Client.Origin);

    async Task<TResult> IProcessPool.RunAsync<TResult>(
        PoolCall call, PoolTaskOptions? options, CancellationToken cancellationToken, CancellationToken withdrawal)
    {
        try
        {
            PendingCall pending = CallAsync(
                "submit", new PoolRequest(call.Message, call.Name, call.IsCooperative, options?.Timeout, call.RunsOnce ? 0 : options?.Retries));
            using (withdrawal.UnsafeRegister(_ => Withdraw(pending.Id), null))
            {
                await pending.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return PoolAnswer.Read<TResult>(pending.Answer);
        }
        finally
        {
            PoolTelemetry.Stop(call.Activity);
            if (call.PassedOn.Count > 0)
            {
                HandleTransfer.Revoke(call.PassedOn);
            }
        }
    }

    static SharedPool ISharedProxy<SharedPool>.From(SharedReference reference) => new(reference);

    /// <summary>
    /// A call is written for this program's own processes, with the keys of what it refers to, and its result is believed like one
    /// of theirs. A server that others can reach hosts no pool; one that says so all the same is not to be told, nor believed.
    /// </summary>
    internal static void ThrowUnlessOwn(MessageOrigin origin)
    {
        if (origin != MessageOrigin.OwnProcess)
        {
            throw new InvalidOperationException(
                "The manager's server can be reached by other programs, so it is not sent calls to run, nor believed to have run them. "
                + "Start another manager for the pool, without an address and without a key.");
        }
    }

    private void Withdraw(uint id)
    {
        try
        {
            _ = CallAsync("withdraw", (ulong)id);
        }
        catch (Exception error) when (error is ManagerDisconnectedException or ObjectDisposedException)
        {
            // What was to be withdrawn went with the connection, or with the pool.
        }
    }
}
