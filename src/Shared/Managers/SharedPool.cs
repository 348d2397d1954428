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
public sealed class SharedPool : ManagerProxy, ISharedProxy<SharedPool>, IPoolRunner
{
    private SharedPool(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>The most workers that run at once. One call to the server.</summary>
    public int WorkerCount => Call("worker_count").Result<int>();

    ChunkMemory? IPoolRunner.Memory => null;

    static string ISharedProxy<SharedPool>.TypeName => "pool";

    /// <summary>Has a call run by a worker. (Python: <c>apply_async</c>.)</summary>
    /// <typeparam name="TResult">The call's return type, without the task of an asynchronous one.</typeparam>
    /// <param name="call">What it runs; as for <see cref="ProcessPool.Submit{TResult}(Delegate, object[], PoolTaskOptions, CancellationToken)"/>.</param>
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
        return ((IPoolRunner)this).RunAsync<TResult>(PoolCall.Write(call, arguments), options, cancellationToken);
    }

    /// <summary>Has a call run by a worker; a lambda brings its arguments along.</summary>
    /// <inheritdoc cref="Submit{TResult}(Delegate, object[], PoolTaskOptions, CancellationToken)"/>
    public Task Submit(Action call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task Submit(
        Func<CancellationToken, Task> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<CancellationToken, TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<TResult>(
        Func<CancellationToken, Task<TResult>> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public Task<TResult> Submit<T1, TResult>(
        Func<T1, TResult> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <summary>Has a call run by a worker and blocks for its result. (Python: <c>apply</c>.)</summary>
    /// <inheritdoc cref="Submit(Action, PoolTaskOptions, CancellationToken)"/>
    public TResult Invoke<TResult>(
        Func<TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(call, options, cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc cref="Invoke{TResult}(Func{TResult}, PoolTaskOptions, CancellationToken)"/>
    public TResult Invoke<T1, TResult>(
        Func<T1, TResult> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Submit(call, arg1, options, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Calls for every item and returns the results in the items' order. Blocks until all are there. (Python: <c>map</c>.)</summary>
    /// <inheritdoc cref="MapAsync"/>
    public TResult[] Map<T, TResult>(
        Func<T, TResult> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => MapAsync(call, items, options, cancellationToken), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Calls for every item and returns the results in the items' order. (Python: <c>map_async</c>.)</summary>
    /// <param name="call">What is called in the workers.</param>
    /// <param name="items">The items. They go to the workers in chunks.</param>
    /// <param name="options">How; the defaults if <see langword="null"/>. Results come in order whatever they say.</param>
    /// <param name="cancellationToken">Stops it, also what runs.</param>
    /// <returns>The results. Fails as the first item fails, in the items' order.</returns>
    public Task<TResult[]> MapAsync<T, TResult>(
        Func<T, TResult> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(items);
        ThrowUnlessOwn(Client.Origin);
        options = (options ?? new PoolMapOptions()) with { IsOrdered = true };
        return new PoolMap<T, TResult>(this, call, options, CountOf(items)).ToArrayAsync(items, cancellationToken);
    }

    /// <summary>
    /// Calls for every item, taking items only as results are taken. (Python: <c>imap</c>, <c>imap_unordered</c>.)
    /// </summary>
    /// <param name="call">What is called in the workers.</param>
    /// <param name="items">The items; may be endless. They are enumerated on another thread.</param>
    /// <param name="options">How; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Stops it, also what runs.</param>
    /// <returns>The results. A failure appears behind the results of the items before it, and ends them.</returns>
    public IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        Func<T, TResult> call, IEnumerable<T> items, PoolMapOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(items);
        ThrowUnlessOwn(Client.Origin);
        return new PoolMap<T, TResult>(this, call, options ?? new PoolMapOptions(), CountOf(items))
            .FlattenAsync(_ => ChunkSource<T>.Of(items), cancellationToken);
    }

    async Task<TResult> IPoolRunner.RunAsync<TResult>(
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
            call.Activity?.Dispose();
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

    private static long? CountOf<T>(IEnumerable<T> items) => items.TryGetNonEnumeratedCount(out int count) ? count : null;

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
