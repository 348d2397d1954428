using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

// One pair of methods per type: Create… makes a new object, Open… finds one that was published under a name. Their awaitable twins
// are elsewhere.
public sealed partial class Manager
{
    /// <summary>Creates a list.</summary>
    /// <param name="items">Its first elements.</param>
    public SharedList<T> CreateList<T>(IEnumerable<T>? items = null) =>
        Create<SharedList<T>, Elements<T>>(new Elements<T>([.. items ?? []]));

    /// <summary>Opens a list that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedList<T> OpenList<T>(string name) => Open<SharedList<T>>(name);

    /// <summary>Creates a dictionary.</summary>
    /// <param name="items">Its first keys and values.</param>
    public SharedDictionary<TKey, TValue> CreateDictionary<TKey, TValue>(IEnumerable<KeyValuePair<TKey, TValue>>? items = null)
        where TKey : notnull =>
        Create<SharedDictionary<TKey, TValue>, Dictionary<TKey, TValue>>(new Dictionary<TKey, TValue>(items ?? []));

    /// <summary>Opens a dictionary that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedDictionary<TKey, TValue> OpenDictionary<TKey, TValue>(string name)
        where TKey : notnull => Open<SharedDictionary<TKey, TValue>>(name);

    /// <summary>Creates a set.</summary>
    /// <param name="items">Its first elements.</param>
    public SharedSet<T> CreateSet<T>(IEnumerable<T>? items = null) => Create<SharedSet<T>, Elements<T>>(new Elements<T>([.. items ?? []]));

    /// <summary>Opens a set that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedSet<T> OpenSet<T>(string name) => Open<SharedSet<T>>(name);

    /// <summary>Creates a namespace.</summary>
    /// <param name="values">Its first names and values, each written as the type that it is.</param>
    public SharedNamespace CreateNamespace(IEnumerable<KeyValuePair<string, object?>>? values = null) =>
        Create<SharedNamespace, NamespaceValues>(new NamespaceValues([.. values ?? []]));

    /// <summary>Opens a namespace that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedNamespace OpenNamespace(string name) => Open<SharedNamespace>(name);

    /// <summary>Creates a variable.</summary>
    /// <param name="value">Its first value.</param>
    public SharedVariable<T> CreateVariable<T>(T value) => Create<SharedVariable<T>, T>(value);

    /// <summary>Opens a variable that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedVariable<T> OpenVariable<T>(string name) => Open<SharedVariable<T>>(name);

    /// <summary>Creates an array.</summary>
    /// <param name="items">Its elements; their number is its length for good.</param>
    public SharedVector<T> CreateVector<T>(IEnumerable<T> items) => Create<SharedVector<T>, Elements<T>>(new Elements<T>([.. items]));

    /// <summary>Opens an array that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedVector<T> OpenVector<T>(string name) => Open<SharedVector<T>>(name);

    /// <summary>Creates a queue.</summary>
    /// <param name="capacity">How many items it holds before putting waits; 0: any number.</param>
    public SharedQueue<T> CreateQueue<T>(int capacity = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        return Create<SharedQueue<T>, int>(capacity);
    }

    /// <summary>Opens a queue that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedQueue<T> OpenQueue<T>(string name) => Open<SharedQueue<T>>(name);

    /// <summary>Creates a lock that is free.</summary>
    public SharedLock CreateLock() => Create<SharedLock>();

    /// <summary>Opens a lock that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedLock OpenLock(string name) => Open<SharedLock>(name);

    /// <summary>Creates a recursive lock that is free.</summary>
    public SharedRecursiveLock CreateRecursiveLock() => Create<SharedRecursiveLock>();

    /// <summary>Opens a recursive lock that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedRecursiveLock OpenRecursiveLock(string name) => Open<SharedRecursiveLock>(name);

    /// <summary>Creates a semaphore.</summary>
    /// <param name="initialCount">How many are free at first.</param>
    /// <param name="maximumCount">How many there can ever be; Python's bounded semaphore has the initial number here.</param>
    /// <exception cref="ArgumentOutOfRangeException">The counts do not fit together.</exception>
    public SharedSemaphore CreateSemaphore(int initialCount = 1, int maximumCount = int.MaxValue) =>
        BeginCreate<SharedSemaphore, (int Initial, int Maximum)>(2, (initialCount, maximumCount), WriteCounts, isAwaited: false).Result<SharedSemaphore>();

    /// <summary>Opens a semaphore that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedSemaphore OpenSemaphore(string name) => Open<SharedSemaphore>(name);

    /// <summary>Creates an event.</summary>
    /// <param name="isSet">Whether it is set at first.</param>
    public SharedEvent CreateEvent(bool isSet = false) => Create<SharedEvent, bool>(isSet);

    /// <summary>Opens an event that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedEvent OpenEvent(string name) => Open<SharedEvent>(name);

    /// <summary>Creates a condition on a recursive lock of its own.</summary>
    public SharedCondition CreateCondition() => Create<SharedCondition>();

    /// <summary>Creates a condition on a recursive lock of this manager.</summary>
    public SharedCondition CreateCondition(SharedRecursiveLock mutex) => Create<SharedCondition, SharedRecursiveLock>(mutex);

    /// <summary>Creates a condition on a lock of this manager.</summary>
    public SharedCondition CreateCondition(SharedLock mutex) => Create<SharedCondition, SharedLock>(mutex);

    /// <summary>Opens a condition that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedCondition OpenCondition(string name) => Open<SharedCondition>(name);

    /// <summary>Creates a barrier.</summary>
    /// <param name="participantCount">How many parties it takes; 1 at least.</param>
    public SharedBarrier CreateBarrier(int participantCount) => Create<SharedBarrier, int>(participantCount);

    /// <summary>Opens a barrier that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedBarrier OpenBarrier(string name) => Open<SharedBarrier>(name);

    /// <summary>
    /// Creates a pool of worker processes that the server starts when there is work, for all processes that have the proxy. It is
    /// stopped, with what it runs, when nobody refers to it any more.
    /// </summary>
    /// <param name="options">How it works; the defaults if <see langword="null"/>. What the initializer captures travels by value.</param>
    /// <exception cref="InvalidOperationException">
    /// The manager was started at an address or with a key, so that other programs can reach it: they must not name methods to run.
    /// </exception>
    /// <exception cref="ArgumentException">The options have <see cref="ProcessPoolOptions.Diagnostics"/>, which cannot travel.</exception>
    public SharedPool CreatePool(ProcessPoolOptions? options = null)
    {
        SharedPool.ThrowUnlessOwn(Client.Origin);
        CallMessage call = PoolSettings.WriteCall(options ?? new ProcessPoolOptions());
        try
        {
            return Create<SharedPool, byte[]>(call.Bytes);
        }
        finally
        {
            HandleTransfer.Revoke(call.PassedOn);
        }
    }

    /// <summary>Opens a pool that was published.</summary>
    /// <inheritdoc cref="OpenObject{T}"/>
    public SharedPool OpenPool(string name) => Open<SharedPool>(name);

    /// <summary>Creates an object of a type that was registered when the server was started.</summary>
    /// <typeparam name="T">The registered interface.</typeparam>
    /// <param name="arguments">What the registered function takes; each written as the type that it is.</param>
    /// <exception cref="MissingMethodException">The interface is not registered.</exception>
    /// <exception cref="Processes.RemoteException">The registered function threw.</exception>
    public SharedObject<T> CreateObject<T>(params object?[] arguments)
        where T : class =>
        BeginCreate<SharedObject<T>, (IReadOnlyCollection<object?> Arguments, MessageOrigin Origin)>(
            arguments.Length, (arguments, Client.Origin), WriteArguments, isAwaited: false).Result<SharedObject<T>>();

    /// <summary>Opens an object that was published.</summary>
    /// <exception cref="KeyNotFoundException">No object has the name.</exception>
    /// <exception cref="InvalidOperationException">The object of that name is of another type.</exception>
    public SharedObject<T> OpenObject<T>(string name)
        where T : class => Open<SharedObject<T>>(name);

    private TProxy Create<TProxy>()
        where TProxy : ManagerProxy, ISharedProxy<TProxy> => BeginCreate<TProxy>(isAwaited: false).Result<TProxy>();

    private TProxy Create<TProxy, TArgument>(TArgument argument)
        where TProxy : ManagerProxy, ISharedProxy<TProxy> => BeginCreate<TProxy, TArgument>(argument, isAwaited: false).Result<TProxy>();

    private TProxy Open<TProxy>(string name)
        where TProxy : ManagerProxy, ISharedProxy<TProxy>
    {
        ArgumentNullException.ThrowIfNull(name);
        PendingCall call = Ask("open", name);
        call.Wait();
        return ReadOpened<TProxy>(call, name);
    }

    private TProxy ReadOpened<TProxy>(PendingCall call, string name)
        where TProxy : ManagerProxy, ISharedProxy<TProxy>
    {
        using (ManagerClient.Enter(_client))
        {
            var reader = new MessagePackReader(call.Answer);
            _ = reader.ReadArrayHeader();
            string typeName = reader.ReadString()!;
            TProxy proxy = MessageSerializer.Read<TProxy>(ref reader, _client.Origin);
            if (typeName == TProxy.TypeName)
            {
                return proxy;
            }

            proxy.Dispose();
            throw new InvalidOperationException($"The object of the name '{name}' is a {typeName}, not a {TProxy.TypeName}.");
        }
    }

    private PendingCall BeginCreate<TProxy>(bool isAwaited)
        where TProxy : ManagerProxy, ISharedProxy<TProxy> =>
        BeginCreate<TProxy, int>(0, 0, static (ref MessagePackWriter _, int _) => { }, isAwaited);

    private PendingCall BeginCreate<TProxy, TArgument>(TArgument argument, bool isAwaited)
        where TProxy : ManagerProxy, ISharedProxy<TProxy> =>
        BeginCreate<TProxy, (TArgument Argument, MessageOrigin Origin)>(
            1,
            (argument, Client.Origin),
            static (ref MessagePackWriter writer, (TArgument Argument, MessageOrigin Origin) state) =>
                MessageSerializer.Write(ref writer, state.Argument, state.Origin),
            isAwaited);

    private PendingCall BeginCreate<TProxy, TState>(int argumentCount, TState state, WriteBody<TState> writeArguments, bool isAwaited)
        where TProxy : ManagerProxy, ISharedProxy<TProxy> =>
        Client.Begin(
            ManagerProtocol.Server,
            "create",
            argumentCount + 1,
            (State: state, Write: writeArguments),
            static (ref MessagePackWriter writer, (TState State, WriteBody<TState> Write) arguments) =>
            {
                writer.Write(TProxy.TypeName);
                arguments.Write(ref writer, arguments.State);
            },
            isAwaited);

    private static void WriteCounts(ref MessagePackWriter writer, (int Initial, int Maximum) counts)
    {
        writer.Write(counts.Initial);
        writer.Write(counts.Maximum);
    }

    private static void WriteArguments(ref MessagePackWriter writer, (IReadOnlyCollection<object?> Arguments, MessageOrigin Origin) state)
    {
        foreach (object? argument in state.Arguments)
        {
            MessageSerializer.Write(ref writer, argument?.GetType() ?? typeof(object), argument, state.Origin);
        }
    }
}
