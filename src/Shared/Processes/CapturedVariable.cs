using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// Captured variables that a lambda does not use: the compiler keeps the variables of all lambdas of a scope in one object, so that one
/// that uses the pool that it is submitted to, say, makes that come along with another.
/// </summary>
internal static class CapturedVariable
{
    /// <summary>
    /// Whether the value is of use in this process only, and the lambda itself does not use it. It need not travel then, and nobody would
    /// understand why the lambda is refused.
    /// </summary>
    public static bool IsBystander(FieldInfo variable, object? value, MethodInfo? lambda) =>
        value?.GetType() is { IsValueType: false } type
        && type.Assembly == typeof(StaysHereAttribute).Assembly
        && type.IsDefined(typeof(StaysHereAttribute), inherit: false)
        && lambda is not null
        && !IsUsedIn(BodyOf(lambda), variable);

    // An asynchronous lambda's own method only starts what the compiler made of its body.
    private static MethodInfo BodyOf(MethodInfo lambda) =>
        lambda.GetCustomAttribute<StateMachineAttribute>()?.StateMachineType
            .GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) ?? lambda;

    /// <summary>
    /// Whether the instruction that loads the variable is among the method's. What only looks like it, within another instruction, counts
    /// as well, and so does any use in generic code, where fields have other tokens: then the value is refused as if it were used.
    /// </summary>
    private static bool IsUsedIn(MethodInfo method, FieldInfo variable)
    {
        if (variable.DeclaringType!.IsGenericType || method.GetMethodBody()?.GetILAsByteArray() is not { } code)
        {
            return true;
        }

        Span<byte> load = stackalloc byte[1 + sizeof(int)];
        load[0] = (byte)OpCodes.Ldfld.Value;
        _ = BitConverter.TryWriteBytes(load[1..], variable.MetadataToken);
        return code.AsSpan().IndexOf(load) >= 0;
    }
}
