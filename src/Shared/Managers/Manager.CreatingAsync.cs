using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Managers;

// The awaitable twins of what creates objects. Each begins its call before it returns; cancelled, it has created nothing, or what it has created is
// removed.
public sealed partial class Manager
{
    /// <summary>The awaitable twin of <see cref="CreateList{T}"/>.</summary>
    /// <inheritdoc cref="CreateList{T}"/>
    public Task<SharedList<T>> CreateListAsync<T>(IEnumerable<T>? items = null, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedList<T>, Elements<T>>(new Elements<T>([.. items ?? []]), cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateDictionary{TKey, TValue}"/>.</summary>
    /// <inheritdoc cref="CreateDictionary{TKey, TValue}"/>
    public Task<SharedDictionary<TKey, TValue>> CreateDictionaryAsync<TKey, TValue>(
        IEnumerable<KeyValuePair<TKey, TValue>>? items = null, CancellationToken cancellationToken = default)
        where TKey : notnull =>
        CreateAsync<SharedDictionary<TKey, TValue>, Dictionary<TKey, TValue>>(new Dictionary<TKey, TValue>(items ?? []), cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateSet{T}"/>.</summary>
    /// <inheritdoc cref="CreateSet{T}"/>
    public Task<SharedSet<T>> CreateSetAsync<T>(IEnumerable<T>? items = null, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedSet<T>, Elements<T>>(new Elements<T>([.. items ?? []]), cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateNamespace"/>.</summary>
    /// <inheritdoc cref="CreateNamespace"/>
    public Task<SharedNamespace> CreateNamespaceAsync(
        IEnumerable<KeyValuePair<string, object?>>? values = null, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedNamespace, NamespaceValues>(new NamespaceValues([.. values ?? []]), cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateVariable{T}"/>.</summary>
    /// <inheritdoc cref="CreateVariable{T}"/>
    public Task<SharedVariable<T>> CreateVariableAsync<T>(T value, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedVariable<T>, T>(value, cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateVector{T}"/>.</summary>
    /// <inheritdoc cref="CreateVector{T}"/>
    public Task<SharedVector<T>> CreateVectorAsync<T>(IEnumerable<T> items, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedVector<T>, Elements<T>>(new Elements<T>([.. items]), cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateQueue{T}"/>.</summary>
    /// <inheritdoc cref="CreateQueue{T}"/>
    public Task<SharedQueue<T>> CreateQueueAsync<T>(int capacity = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        return CreateAsync<SharedQueue<T>, int>(capacity, cancellationToken);
    }

    /// <summary>The awaitable twin of <see cref="CreateLock"/>.</summary>
    /// <inheritdoc cref="CreateLock"/>
    public Task<SharedLock> CreateLockAsync(CancellationToken cancellationToken = default) =>
        CreateAsync<SharedLock>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateRecursiveLock"/>.</summary>
    /// <inheritdoc cref="CreateRecursiveLock"/>
    public Task<SharedRecursiveLock> CreateRecursiveLockAsync(CancellationToken cancellationToken = default) =>
        CreateAsync<SharedRecursiveLock>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateSemaphore"/>.</summary>
    /// <inheritdoc cref="CreateSemaphore"/>
    public Task<SharedSemaphore> CreateSemaphoreAsync(
        int initialCount = 1, int maximumCount = int.MaxValue, CancellationToken cancellationToken = default) =>
        BeginCreate<SharedSemaphore, (int Initial, int Maximum)>(2, (initialCount, maximumCount), WriteCounts, isAwaited: true)
            .ResultAsync<SharedSemaphore>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateEvent"/>.</summary>
    /// <inheritdoc cref="CreateEvent"/>
    public Task<SharedEvent> CreateEventAsync(bool isSet = false, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedEvent, bool>(isSet, cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateCondition()"/>.</summary>
    /// <inheritdoc cref="CreateCondition()"/>
    public Task<SharedCondition> CreateConditionAsync(CancellationToken cancellationToken = default) =>
        CreateAsync<SharedCondition>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateCondition(SharedRecursiveLock)"/>.</summary>
    /// <inheritdoc cref="CreateCondition(SharedRecursiveLock)"/>
    public Task<SharedCondition> CreateConditionAsync(SharedRecursiveLock mutex, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedCondition, SharedRecursiveLock>(mutex, cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateCondition(SharedLock)"/>.</summary>
    /// <inheritdoc cref="CreateCondition(SharedLock)"/>
    public Task<SharedCondition> CreateConditionAsync(SharedLock mutex, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedCondition, SharedLock>(mutex, cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreateBarrier"/>.</summary>
    /// <inheritdoc cref="CreateBarrier"/>
    public Task<SharedBarrier> CreateBarrierAsync(int participantCount, CancellationToken cancellationToken = default) =>
        CreateAsync<SharedBarrier, int>(participantCount, cancellationToken);

    /// <summary>The awaitable twin of <see cref="CreatePool"/>.</summary>
    /// <inheritdoc cref="CreatePool"/>
    public Task<SharedPool> CreatePoolAsync(ProcessPoolOptions? options = null, CancellationToken cancellationToken = default)
    {
        SharedPool.ThrowUnlessOwn(Client.Origin);
        return CreateAsync(PoolSettings.WriteCall(options ?? new ProcessPoolOptions()), cancellationToken);
    }

    /// <summary>The awaitable twin of <see cref="CreateObject{T}"/>.</summary>
    /// <inheritdoc cref="CreateObject{T}"/>
    public Task<SharedObject<T>> CreateObjectAsync<T>(IReadOnlyCollection<object?>? arguments = null, CancellationToken cancellationToken = default)
        where T : class =>
        BeginCreate<SharedObject<T>, (IReadOnlyCollection<object?> Arguments, MessageOrigin Origin)>(
            arguments?.Count ?? 0, (arguments ?? [], Client.Origin), WriteArguments, isAwaited: true).ResultAsync<SharedObject<T>>(cancellationToken);

    private async Task<SharedPool> CreateAsync(CallMessage call, CancellationToken cancellationToken)
    {
        try
        {
            return await CreateAsync<SharedPool, byte[]>(call.Bytes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            HandleTransfer.Revoke(call.PassedOn);
        }
    }

    private Task<TProxy> CreateAsync<TProxy>(CancellationToken cancellationToken)
        where TProxy : ManagerProxy, ISharedProxy<TProxy> => BeginCreate<TProxy>(isAwaited: true).ResultAsync<TProxy>(cancellationToken);

    private Task<TProxy> CreateAsync<TProxy, TArgument>(TArgument argument, CancellationToken cancellationToken)
        where TProxy : ManagerProxy, ISharedProxy<TProxy> =>
        BeginCreate<TProxy, TArgument>(argument, isAwaited: true).ResultAsync<TProxy>(cancellationToken);
}
