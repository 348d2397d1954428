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
    // Where a method's own code begins in the tokens of what it calls, and where that of an instance of a generic one.
    private const int MethodTable = 0x06;
    private const int InstanceTable = 0x2B;
    private const byte TwoByteCode = 0xFE;

    /// <summary>
    /// Whether the value is of use in this process only, and neither the lambda nor what is written within it, or is in a variable that it
    /// calls, uses it. It need not travel then, and nobody would understand why the lambda is refused.
    /// </summary>
    public static bool IsBystander(object captured, FieldInfo variable, MethodInfo? lambda) =>
        variable.GetValue(captured)?.GetType() is { IsValueType: false } type
        && type.Assembly == typeof(StaysHereAttribute).Assembly
        && type.IsDefined(typeof(StaysHereAttribute), inherit: false)
        && lambda is not null
        && !IsUsedIn(lambda, variable, [])
        && !captured.GetType().GetFields().Any(other =>
            other.GetValue(captured) is Delegate called && IsUsedIn(lambda, other, []) && IsUsedIn(called.Method, variable, []));

    /// <summary>
    /// Whether an instruction that loads the variable is among the method's, or among those of the lambdas and local functions that it makes
    /// or calls. What only looks like one, within another instruction, counts as well, and so does any use in generic code, where fields
    /// have other tokens: then the value is refused as if it were used.
    /// </summary>
    private static bool IsUsedIn(MethodBase method, FieldInfo variable, HashSet<MethodBase> seen)
    {
        if (variable.DeclaringType!.IsGenericType || BodyOf(method).GetMethodBody()?.GetILAsByteArray() is not { } code)
        {
            return true;
        }

        Span<byte> token = stackalloc byte[sizeof(int)];
        _ = BitConverter.TryWriteBytes(token, variable.MetadataToken);
        for (int at = 1; at <= code.Length - sizeof(int); at++)
        {
            ReadOnlySpan<byte> operand = code.AsSpan(at, sizeof(int));
            if ((code[at - 1] == OpCodes.Ldfld.Value || code[at - 1] == OpCodes.Ldflda.Value) && operand.SequenceEqual(token))
            {
                return true;
            }

            if (CalledAt(code, at) && MadeByCompiler(method.Module, BitConverter.ToInt32(operand)) is { } called
                && seen.Add(called) && IsUsedIn(called, variable, seen))
            {
                return true;
            }
        }

        return false;
    }

    // An asynchronous lambda's own method only starts what the compiler made of its body.
    private static MethodBase BodyOf(MethodBase lambda) =>
        lambda.GetCustomAttribute<StateMachineAttribute>()?.StateMachineType
            .GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic) ?? lambda;

    // A local function is called; a lambda is made a delegate of.
    private static bool CalledAt(byte[] code, int at) =>
        code[at - 1] == OpCodes.Call.Value
        || code[at - 1] == OpCodes.Callvirt.Value
        || (at > 1 && code[at - 2] == TwoByteCode && code[at - 1] == (byte)OpCodes.Ldftn.Value);

    // The names of lambdas and local functions begin with that of the method they stand in, in angle brackets.
    private static MethodBase? MadeByCompiler(Module module, int token)
    {
        if (token >>> 24 is not (MethodTable or InstanceTable))
        {
            return null;
        }

        try
        {
            return module.ResolveMethod(token) is { } method && method.Name.StartsWith('<') ? method : null;
        }
        catch (Exception error) when (error is ArgumentException or BadImageFormatException)
        {
            return null; // no token: it only looked like one
        }
    }
}
