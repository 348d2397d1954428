using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// A queue that lives in a manager's server, with one order for all producers. The counterpart of Python's
/// <c>manager.Queue()</c> and <c>JoinableQueue()</c>.
/// </summary>
/// <remarks>
/// Reaches over the network, and outlives its producers; processes of one machine that want speed use <c>ProcessQueue</c>
/// instead. Waiting calls are served in the order in which they came. An item that was given to a process which is killed is lost
/// with it. Time-outs: <see langword="null"/> waits for ever, zero or less only tries.
/// </remarks>
/// <typeparam name="T">The items' type.</typeparam>
[MessagePackFormatter(typeof(SharedQueue<>.Formatter))]
public sealed class SharedQueue<T> : ManagerProxy, ISharedProxy<SharedQueue<T>>
{
    private SharedQueue(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many items wait to be taken.</summary>
    public int Count => Call("length").Result<int>();

    static string ISharedProxy<SharedQueue<T>>.TypeName => "queue";

    /// <summary>The awaitable twin of <see cref="Count"/>.</summary>
    public Task<int> CountAsync(CancellationToken cancellationToken = default) => CallAsync("length").ResultAsync<int>(cancellationToken);

    /// <summary>Puts an item. Blocks while the queue is full.</summary>
    /// <exception cref="TimeoutException">It stayed full.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the item was not put.</exception>
    /// <exception cref="QueueCompletedException">The queue has been completed.</exception>
    public void Put(T item, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("put", item, Milliseconds(timeout)).Within(timeout).Wait(cancellationToken);

    /// <summary>Puts an item. Waits while the queue is full.</summary>
    /// <inheritdoc cref="Put"/>
    public Task PutAsync(T item, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync("put", item, Milliseconds(timeout)).Within(timeout).WaitAsync(cancellationToken);

    /// <summary>Puts an item; false if the queue is full.</summary>
    /// <exception cref="TimeoutException">The server does not answer; it may yet put the item.</exception>
    public bool TryPut(T item, TimeSpan timeout = default)
    {
        try
        {
            Put(item, timeout);
            return true;
        }
        catch (TimeoutException error) when (IsServersWord(error))
        {
            return false;
        }
    }

    /// <summary>Puts several items in one call, nobody else's between those that fit at once. Blocks while the queue is full.</summary>
    /// <param name="items">The items, in their order.</param>
    /// <param name="timeout">Zero or less puts only what fits.</param>
    /// <param name="cancellationToken">Ends the wait; what had fitted by then has been put.</param>
    /// <returns>All of them, or, with a time-out of zero, how many fitted.</returns>
    /// <exception cref="TimeoutException">It stayed full; what had fitted by then has been put.</exception>
    /// <exception cref="QueueCompletedException">The queue has been completed.</exception>
    public int PutMany(IEnumerable<T> items, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("put_many", new Elements<T>([.. items]), Milliseconds(timeout)).Within(timeout).Result<int>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="PutMany"/>.</summary>
    /// <inheritdoc cref="PutMany"/>
    public Task<int> PutManyAsync(IEnumerable<T> items, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync("put_many", new Elements<T>([.. items]), Milliseconds(timeout)).Within(timeout).ResultAsync<int>(cancellationToken);

    /// <summary>Takes an item. Blocks while the queue is empty.</summary>
    /// <exception cref="TimeoutException">It stayed empty.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; no item was taken.</exception>
    /// <exception cref="QueueCompletedException">The queue has been completed, and is empty.</exception>
    public T Get(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("get", Milliseconds(timeout)).Within(timeout).Result<T>(cancellationToken);

    /// <summary>Takes an item. Waits while the queue is empty.</summary>
    /// <inheritdoc cref="Get"/>
    public Task<T> GetAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync("get", Milliseconds(timeout)).Within(timeout).ResultAsync<T>(cancellationToken);

    /// <summary>Takes an item; false if the queue is empty.</summary>
    /// <exception cref="TimeoutException">The server does not answer; it may yet give out an item, which is lost then.</exception>
    public bool TryGet([MaybeNullWhen(false)] out T item, TimeSpan timeout = default)
    {
        try
        {
            item = Get(timeout);
            return true;
        }
        catch (TimeoutException error) when (IsServersWord(error))
        {
            item = default;
            return false;
        }
    }

    /// <summary>Takes as many items as there are, up to <paramref name="maximum"/>, possibly none.</summary>
    public IReadOnlyList<T> GetMany(int maximum) => Call("get_many", maximum).Result<Elements<T>>().AsList();

    /// <inheritdoc cref="GetMany"/>
    public async Task<IReadOnlyList<T>> GetManyAsync(int maximum, CancellationToken cancellationToken = default) =>
        (await CallAsync("get_many", maximum).ResultAsync<Elements<T>>(cancellationToken).ConfigureAwait(false)).AsList();

    /// <summary>Takes items until the queue has been completed and is empty.</summary>
    public async IAsyncEnumerable<T> GetAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            T item;
            try
            {
                item = await GetAsync(null, cancellationToken).ConfigureAwait(false);
            }
            catch (QueueCompletedException)
            {
                yield break;
            }

            yield return item;
        }
    }

    /// <summary>Nothing more is to be put. Who waits for an item that will not come is told so.</summary>
    public void Complete() => Call("complete").Wait();

    /// <summary>The awaitable twin of <see cref="Complete"/>.</summary>
    /// <inheritdoc cref="Complete"/>
    public Task CompleteAsync(CancellationToken cancellationToken = default) => CallAsync("complete").WaitAsync(cancellationToken);

    /// <summary>Reports that an item that was taken has been dealt with.</summary>
    /// <exception cref="InvalidOperationException">More were reported than put.</exception>
    public void TaskDone() => Call("task_done").Wait();

    /// <summary>The awaitable twin of <see cref="TaskDone"/>.</summary>
    /// <inheritdoc cref="TaskDone"/>
    public Task TaskDoneAsync(CancellationToken cancellationToken = default) => CallAsync("task_done").WaitAsync(cancellationToken);

    /// <summary>Blocks until as many items have been reported as dealt with as were put; false after the time-out.</summary>
    public bool Join(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Call("join", Milliseconds(timeout)).Within(timeout).Result<bool>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="Join"/>.</summary>
    public Task<bool> JoinAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        CallAsync("join", Milliseconds(timeout)).Within(timeout).ResultAsync<bool>(cancellationToken);

    // Else the server has not answered, which says nothing about the queue.
    private static bool IsServersWord(TimeoutException error) => error.InnerException is RemoteException;

    static SharedQueue<T> ISharedProxy<SharedQueue<T>>.From(SharedReference reference) => new(reference);

    internal sealed class Formatter : ManagerProxyFormatter<SharedQueue<T>>;
}
