using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// Writes a call for another process of the same program: which method, on what, with which arguments. A lambda's captured
/// variables are written by value; two lambdas that share variables still share them over there.
/// </summary>
/// <remarks>
/// A method is named by its declaring type, its module's version id and its metadata token, so that overloads, lambdas and local
/// functions are all the same, and another build of the assembly is noticed instead of run.
/// </remarks>
internal ref struct CallWriter
{
    // What names a method takes longer to find out than to write, and the same few methods are called again and again.
    private static readonly ConditionalWeakTable<MethodInfo, byte[]> s_methods = new();

    private Dictionary<object, int>? _written;
    private Module? _module;

    /// <summary>Writes <c>[method, target, [argument, …]]</c>.</summary>
    public void WriteCall(ref MessagePackWriter writer, Delegate call, object?[] arguments)
    {
        _module = call.Method.Module;
        writer.WriteArrayHeader(3);
        WriteMethod(ref writer, call);
        WriteObject(ref writer, call.Target, "target", call.Method);
        ReadOnlySpan<ParameterInfo> parameters = CallShape.Of(call.Method).Parameters;
        int first = IsClosedOverFirstArgument(call) ? 1 : 0;
        writer.WriteArrayHeader(arguments.Length);
        for (int index = 0; index < arguments.Length; index++)
        {
            ParameterInfo parameter = parameters[first + index];
            WriteValue(ref writer, parameter.ParameterType, arguments[index], $"argument '{parameter.Name}'");
        }
    }

    /// <summary>Extension methods as delegates are static methods with their first argument as target.</summary>
    public static bool IsClosedOverFirstArgument(Delegate call) => call.Method.IsStatic && call.Target is not null;

    private static void WriteMethod(ref MessagePackWriter writer, Delegate call)
    {
        CallBinder.ThrowUnlessKnownElsewhere(call);
        writer.WriteRaw(s_methods.GetValue(call.Method, static method => Name(method)));
    }

    private static byte[] Name(MethodInfo method)
    {
        Type type = method.DeclaringType!;
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(6);
        writer.Write(type.Assembly.GetName().Name);
        writer.Write(LocationOf(type.Assembly));
        writer.Write(type.Module.ModuleVersionId.ToByteArray());
        writer.Write(method.MetadataToken);
        WriteTypes(ref writer, type.IsGenericType ? type.GetGenericArguments() : []);
        WriteTypes(ref writer, method.IsGenericMethod ? method.GetGenericArguments() : []);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Where an assembly's file is; empty for one in a single-file program, in which it is found by its name.</summary>
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "The empty location of a single-file program is what is meant.")]
    public static string LocationOf(Assembly assembly) => assembly.Location;

    private static void WriteTypes(ref MessagePackWriter writer, Type[] types)
    {
        writer.WriteArrayHeader(types.Length);
        foreach (Type type in types)
        {
            writer.Write(type.AssemblyQualifiedName);
        }
    }

    /// <summary>A type of the call's own assembly by its token, which is quicker to find than any other by its name.</summary>
    private readonly void WriteType(ref MessagePackWriter writer, Type type)
    {
        if (type.Module == _module && !type.IsGenericType && !type.IsArray)
        {
            writer.Write(type.MetadataToken);
        }
        else
        {
            writer.Write(type.AssemblyQualifiedName);
        }
    }

    /// <summary>A value as its declared type says; a delegate as the call it stands for.</summary>
    private void WriteValue(ref MessagePackWriter writer, Type declared, object? value, string path, MethodInfo? user = null)
    {
        if (IsDelegate(declared))
        {
            WriteDelegate(ref writer, (Delegate?)value, path);
            return;
        }

        if (IsClosure(declared))
        {
            WriteObject(ref writer, value, path, user);
            return;
        }

        try
        {
            MessageSerializer.Write(ref writer, declared, value);
        }
        catch (MessageSerializationException error)
        {
            throw new MessageSerializationException($"The {path} cannot travel to another process: {error.Message}", error.MemberPath, error);
        }
    }

    private void WriteDelegate(ref MessagePackWriter writer, Delegate? value, string path)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        if (TryWriteReference(ref writer, value))
        {
            return;
        }

        writer.WriteArrayHeader(4);
        writer.Write(_written!.Count - 1);
        WriteType(ref writer, value.GetType());
        WriteMethod(ref writer, value);
        WriteObject(ref writer, value.Target, path, value.Method);
    }

    /// <summary>What a delegate is bound to: nothing, a lambda's captured variables, or an object of the user's.</summary>
    private void WriteObject(ref MessagePackWriter writer, object? target, string path, MethodInfo? user)
    {
        if (target is null or Delegate)
        {
            WriteDelegate(ref writer, (Delegate?)target, path); // an extension method of a delegate's is bound to that
            return;
        }

        if (TryWriteReference(ref writer, target))
        {
            return;
        }

        Type type = target.GetType();
        writer.WriteArrayHeader(3);
        writer.Write(_written!.Count - 1);
        WriteType(ref writer, type);
        if (!IsClosure(type))
        {
            WriteValue(ref writer, type, target, path == "target" ? $"object '{type.Name}' that the method belongs to" : path);
            return;
        }

        FieldInfo[] fields = ClosureFields(type);
        writer.WriteArrayHeader(fields.Length);
        foreach (FieldInfo field in fields)
        {
            object? value = field.GetValue(target);
            WriteValue(
                ref writer,
                field.FieldType,
                CapturedVariable.IsBystander(target, field, user) ? null : value,
                $"captured variable '{NameOf(field)}'",
                user);
        }
    }

    /// <summary>
    /// Writes the number of an object that was written before, so that sharing, and lambdas that refer to themselves, survive;
    /// otherwise numbers it and leaves it to the caller.
    /// </summary>
    private bool TryWriteReference(ref MessagePackWriter writer, object value)
    {
        _written ??= new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        if (_written.TryGetValue(value, out int number))
        {
            writer.Write(number);
            return true;
        }

        _written.Add(value, _written.Count);
        return false;
    }

    /// <summary>Whether a value declared like this is a delegate, which travels as the call it stands for.</summary>
    public static bool IsDelegate(Type declared) => declared.IsSubclassOf(typeof(Delegate)) || declared == typeof(Delegate);

    /// <summary>Whether the compiler made the type to hold a lambda's captured variables.</summary>
    public static bool IsClosure(Type type) =>
        type.Name.StartsWith("<>c", StringComparison.Ordinal) && type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    /// <summary>A closure's variables in an order that both processes agree on.</summary>
    public static FieldInfo[] ClosureFields(Type type)
    {
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        Array.Sort(fields, static (left, right) => left.MetadataToken.CompareTo(right.MetadataToken));
        return fields;
    }

    // The compiler's names, in the user's terms.
    private static string NameOf(FieldInfo field) =>
        field.Name.EndsWith("__this", StringComparison.Ordinal) ? "this" : field.Name;
}
