namespace IpcDemos.Shared.Managers;

/// <summary>A proxy that can be made of a reference.</summary>
/// <typeparam name="TSelf">The proxy's type.</typeparam>
internal interface ISharedProxy<TSelf>
    where TSelf : ManagerProxy, ISharedProxy<TSelf>
{
    /// <summary>What the server calls the object's type.</summary>
    static abstract string TypeName { get; }

    static abstract TSelf From(SharedReference reference);
}
