using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Managers;

/// <summary>What client and server agree on about an interface: the names under which its methods are called.</summary>
internal sealed class InterfaceContract
{
    private static readonly ConcurrentDictionary<Type, InterfaceContract> s_contracts = new();
    private static readonly Type[] s_readBitByBit = [typeof(IAsyncEnumerable<>), typeof(IAsyncEnumerator<>), typeof(IEnumerator<>)];

    private InterfaceContract(Type type)
    {
        Name = type.FullName!;
        MethodInfo[] methods = [.. type.GetInterfaces().Prepend(type).SelectMany(each => each.GetMethods()).Where(method => method.IsAbstract)];
        foreach (MethodInfo method in methods)
        {
            ThrowUnlessCallable(type, method);
            bool isOverloaded = methods.Count(other => other.Name == method.Name) > 1;
            Names[method] = isOverloaded
                ? $"{method.Name}({string.Join(",", method.GetParameters().Select(parameter => TypeName.Of(parameter.ParameterType)))})"
                : method.Name;
        }
    }

    /// <summary>What the interface is called on the wire.</summary>
    public string Name { get; }

    /// <summary>The methods, those of base interfaces included. An overloaded one's name tells its parameters' types.</summary>
    public Dictionary<MethodInfo, string> Names { get; } = [];

    /// <exception cref="ArgumentException">It is no interface, or has a member that cannot be called from afar.</exception>
    public static InterfaceContract Of(Type type) => type.IsInterface
        ? s_contracts.GetOrAdd(type, static each => new InterfaceContract(each))
        : throw new ArgumentException($"{type} is no interface. Give the class one that has what clients may call.", nameof(type));

    /// <summary>What a method gives in the end: nothing (void), or the type inside the task that it returns.</summary>
    public static Type ResultType(MethodInfo method)
    {
        Type type = method.ReturnType;
        return type == typeof(Task) || type == typeof(ValueTask) ? typeof(void)
            : type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
                ? type.GetGenericArguments()[0]
            : type;
    }

    public static bool IsAsynchronous(MethodInfo method) => method.ReturnType != ResultType(method);

    private static void ThrowUnlessCallable(Type type, MethodInfo method)
    {
        string? fault = method.IsGenericMethodDefinition ? "is generic"
            : method.GetParameters().Any(parameter => parameter.ParameterType.IsByRef) ? "has a parameter that is passed by reference"
            : method.IsSpecialName && method.Name.StartsWith("add_", StringComparison.Ordinal) ? "belongs to an event"
            : IsReadBitByBit(ResultType(method)) ? $"returns a {ResultType(method).Name}, which is read bit by bit (return a list or an array)"
            : null;
        if (fault is not null)
        {
            throw new ArgumentException($"{type.FullName}.{method.Name} {fault}; it cannot be called from another process.", nameof(method));
        }
    }

    // An IEnumerable<T> is read at once, in the server, and what arrives is a copy.
    private static bool IsReadBitByBit(Type type) =>
        type == typeof(IEnumerator) || typeof(Stream).IsAssignableFrom(type)
        || (type.IsGenericType && s_readBitByBit.Contains(type.GetGenericTypeDefinition()));
}
