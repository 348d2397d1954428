namespace IpcDemos.Shared.Managers;

// The awaitable twins of what names objects, and finds them by their names.
public sealed partial class Manager
{
    /// <summary>The awaitable twin of <see cref="Publish"/>.</summary>
    /// <inheritdoc cref="Publish"/>
    /// <remarks>Cancelled, it may have happened all the same.</remarks>
    public Task PublishAsync(string name, ManagerProxy proxy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        return Client.Begin(ManagerProtocol.Server, "publish", 2, (name, proxy.Number), WriteNameAndReference, isAwaited: true, proxy)
            .WaitAsync(cancellationToken);
    }

    /// <summary>The awaitable twin of <see cref="Withdraw"/>.</summary>
    /// <inheritdoc cref="Withdraw"/>
    public Task<bool> WithdrawAsync(string name, CancellationToken cancellationToken = default) =>
        Ask("withdraw", name, isAwaited: true).ResultAsync<bool>(cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenList{T}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedList<T>> OpenListAsync<T>(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedList<T>>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenDictionary{TKey, TValue}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedDictionary<TKey, TValue>> OpenDictionaryAsync<TKey, TValue>(string name, CancellationToken cancellationToken = default)
        where TKey : notnull =>
        OpenAsync<SharedDictionary<TKey, TValue>>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenSet{T}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedSet<T>> OpenSetAsync<T>(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedSet<T>>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenNamespace"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedNamespace> OpenNamespaceAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedNamespace>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenVariable{T}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedVariable<T>> OpenVariableAsync<T>(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedVariable<T>>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenVector{T}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedVector<T>> OpenVectorAsync<T>(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedVector<T>>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenQueue{T}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedQueue<T>> OpenQueueAsync<T>(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedQueue<T>>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenLock"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedLock> OpenLockAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedLock>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenRecursiveLock"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedRecursiveLock> OpenRecursiveLockAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedRecursiveLock>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenSemaphore"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedSemaphore> OpenSemaphoreAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedSemaphore>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenEvent"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedEvent> OpenEventAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedEvent>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenCondition"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedCondition> OpenConditionAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedCondition>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenBarrier"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedBarrier> OpenBarrierAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedBarrier>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenPool"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedPool> OpenPoolAsync(string name, CancellationToken cancellationToken = default) =>
        OpenAsync<SharedPool>(name, cancellationToken);

    /// <summary>The awaitable twin of <see cref="OpenObject{T}"/>.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public Task<SharedObject<T>> OpenObjectAsync<T>(string name, CancellationToken cancellationToken = default)
        where T : class =>
        OpenAsync<SharedObject<T>>(name, cancellationToken);

    private async Task<TProxy> OpenAsync<TProxy>(string name, CancellationToken cancellationToken)
        where TProxy : ManagerProxy, ISharedProxy<TProxy>
    {
        ArgumentNullException.ThrowIfNull(name);
        PendingCall call = Ask("open", name, isAwaited: true);
        await call.WaitAsync(cancellationToken).ConfigureAwait(false);
        return ReadOpened<TProxy>(call, name);
    }
}
