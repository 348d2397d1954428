using System.Reflection;

namespace IpcDemos.Shared.Managers;

/// <summary>The framework derives the implementation of a registered interface from this. Keeps the shared object alive.</summary>
internal class ObjectProxy : DispatchProxy
{
    private ManagerProxy _object = null!;

    public ManagerProxy Object => _object;

    public static T For<T>(SharedObject<T> target)
        where T : class
    {
        T proxy = Create<T, ObjectProxy>();
        ((ObjectProxy)(object)proxy)._object = target;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        InterfaceCall.Invoke(_object, targetMethod!, args!);
}
