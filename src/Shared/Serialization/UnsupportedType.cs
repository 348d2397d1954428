using System.Reflection;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Serialization;

/// <summary>Says of a type that cannot travel why, and what to do instead.</summary>
internal static class UnsupportedType
{
    /// <summary>The reason, or null for a type that a formatter may be sought for.</summary>
    public static string? ReasonAgainst(Type type)
    {
        string name = TypeName.Of(type);
        return type switch
        {
            _ when type.GetCustomAttribute<StaysHereAttribute>() is { } here =>
                $"{name} belongs to the process that made it; {here.Instead}.",
            _ when IsA<Delegate>(type) =>
                $"{name} is code, which only a worker's call can carry; send the data it needs and call a method there.",
            _ when IsA<Stream>(type) || IsA<TextReader>(type) || IsA<TextWriter>(type) =>
                $"{name} is open in this process only; send its content as byte[] or string, or the path of the file.",
            _ when type == typeof(nint) || type == typeof(nuint) || IsA<SafeHandle>(type) =>
                $"{name} is an address or handle, which means nothing in another process; send what it stands for.",
            _ when IsA<Task>(type) || type == typeof(ValueTask) || IsGeneric(type, typeof(ValueTask<>)) =>
                $"{name} is work under way in this process; await it and send its result.",
            _ when IsA<Thread>(type) || IsA<WaitHandle>(type) || type == typeof(CancellationToken) || IsA<CancellationTokenSource>(type) =>
                $"{name} belongs to this process; use the shared kind (a process event, a process lock) instead.",
            _ when IsA<MemberInfo>(type) || IsA<Assembly>(type) || IsA<Module>(type) =>
                $"{name} would let a message name code to load; send a name of your own and look it up where it is used.",
            _ when IsA<Exception>(type) =>
                $"{name} belongs to where it was thrown; throw it, or send its text.",
            _ => null,
        };
    }

    private static bool IsA<TBase>(Type type) => typeof(TBase).IsAssignableFrom(type);

    private static bool IsGeneric(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}
