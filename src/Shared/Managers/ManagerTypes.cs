using IpcDemos.Shared.Managers.Hosting;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// The types of the program's own that a manager's server hosts, each by an interface: clients create objects and call the
/// interface's methods, and nothing else. The counterpart of Python's <c>BaseManager.register</c>.
/// </summary>
/// <remarks>
/// <para>
/// Arguments and results travel by value. Where a parameter or a result is itself a registered interface, the object stays in
/// the server and a reference to it travels. Overloads, properties, indexers, and methods that return tasks work; generic
/// methods, events, parameters by reference, and results that are read bit by bit (streams, asynchronous sequences) do not, and
/// are refused on registration. A sequence (<see cref="IEnumerable{T}"/>) is read in the server, and arrives as a copy.
/// </para>
/// <para>
/// Calls of different clients run at the same time: the object sees to its own safety, as any object that threads share. A
/// method that may wait should return a task and take a <see cref="CancellationToken"/>, which the client's is forwarded to;
/// others block a thread of the server's, of which there are up to 1000, and cannot be interrupted.
/// </para>
/// </remarks>
public sealed class ManagerTypes
{
    private readonly Dictionary<string, UserType> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, UserType> _byInterface = [];

    internal ManagerTypes()
    {
    }

    /// <summary>Registers an interface, and how its objects come about.</summary>
    /// <typeparam name="TInterface">What clients call.</typeparam>
    /// <param name="create">
    /// Makes an object, in the server. Returning the same one each time makes it one for all. Disposed of, if it can be, when no
    /// client refers to it any more; what the disposal throws is dropped.
    /// </param>
    /// <exception cref="ArgumentException">It is no interface, is registered already, or has a member that cannot be called from afar.</exception>
    public ManagerTypes Register<TInterface>(Func<TInterface> create)
        where TInterface : class => Add(typeof(TInterface), create);

    /// <summary>Registers an interface whose objects are made with an argument.</summary>
    /// <inheritdoc cref="Register{TInterface}(Func{TInterface})"/>
    public ManagerTypes Register<TArgument, TInterface>(Func<TArgument, TInterface> create)
        where TInterface : class => Add(typeof(TInterface), create);

    /// <summary>Registers an interface whose objects are made with two arguments.</summary>
    /// <inheritdoc cref="Register{TInterface}(Func{TInterface})"/>
    public ManagerTypes Register<TArgument1, TArgument2, TInterface>(Func<TArgument1, TArgument2, TInterface> create)
        where TInterface : class => Add(typeof(TInterface), create);

    /// <summary>Registers an interface whose objects clients do not create, but get as results of others' methods.</summary>
    /// <inheritdoc cref="Register{TInterface}(Func{TInterface})"/>
    public ManagerTypes Register<TInterface>()
        where TInterface : class => Add(typeof(TInterface), null);

    internal UserType? Find(Type type) => _byInterface.GetValueOrDefault(type);

    internal HostedObject Create(string typeName, ref CallFrame call) => _byName.TryGetValue(typeName, out UserType? type)
        ? type.CreateObject(ref call)
        : throw new CallFailedException(
            FailureCode.NoMethod,
            $"The server hosts no type '{typeName}'. Types of a program's own are registered when the manager is started.");

    private ManagerTypes Add(Type type, Delegate? create)
    {
        var registered = new UserType(this, type, create);
        if (!_byInterface.TryAdd(type, registered))
        {
            throw new ArgumentException($"{type} is registered already.", nameof(create));
        }

        _byName.Add(registered.Name, registered);
        return this;
    }
}
