using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>An object of a type of the program's own that lives in a manager's server; see <see cref="ManagerTypes"/>.</summary>
/// <typeparam name="T">The registered interface.</typeparam>
[MessagePackFormatter(typeof(SharedObject<>.Formatter))]
public sealed class SharedObject<T> : ManagerProxy, ISharedProxy<SharedObject<T>>
    where T : class
{
    private SharedObject(SharedReference reference)
        : base(reference) => Proxy = ObjectProxy.For(this);

    /// <summary>
    /// What implements the interface here by calling the object there. A method that returns a task does not block, and forwards
    /// the cancellation of its token; others block. What the object throws arrives as a <see cref="Processes.RemoteException"/>.
    /// Keeps the object alive as this one does.
    /// </summary>
    public T Proxy { get; }

    static string ISharedProxy<SharedObject<T>>.TypeName => InterfaceContract.Of(typeof(T)).Name;

    static SharedObject<T> ISharedProxy<SharedObject<T>>.From(SharedReference reference) => new(reference);

    internal sealed class Formatter : ManagerProxyFormatter<SharedObject<T>>;
}
