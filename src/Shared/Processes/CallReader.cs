using System.Buffers;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>Reads what <see cref="CallWriter"/> wrote, in the process that is to run it.</summary>
/// <param name="cancellationToken">
/// What a parameter of that type gets that has no argument; unless given, the process's own request to stop.
/// </param>
internal ref struct CallReader(CancellationToken? cancellationToken)
{
    private static readonly ConcurrentDictionary<string, Type> s_types = new();

    private readonly CancellationToken? _cancellationToken = cancellationToken;
    private List<object?>? _read;
    private Module? _module;

    /// <summary>Reads a call. Missing arguments get their parameters' default values.</summary>
    public Call ReadCall(ref MessagePackReader reader)
    {
        _ = reader.ReadArrayHeader();
        MethodInfo method = ReadMethod(ref reader);
        _module = method.Module;
        object? target = ReadObject(ref reader);
        ReadOnlySpan<ParameterInfo> parameters = CallShape.Of(method).Parameters;
        object?[] arguments = new object?[parameters.Length];
        int first = method.IsStatic && target is not null ? 1 : 0;
        int given = reader.ReadArrayHeader();
        for (int index = 0; index < given; index++)
        {
            arguments[first + index] = ReadValue(ref reader, parameters[first + index].ParameterType);
        }

        for (int index = first + given; index < parameters.Length; index++)
        {
            arguments[index] = parameters[index].ParameterType == typeof(CancellationToken)
                ? _cancellationToken ?? WorkerProcess.StopRequested
                : parameters[index].DefaultValue;
        }

        if (first == 1)
        {
            arguments[0] = target;
            target = null;
        }

        return new Call(method, target, arguments);
    }

    private static MethodInfo ReadMethod(ref MessagePackReader reader)
    {
        // Whoever runs many calls runs few methods; to find one, or only to read its name, takes longer than many a call.
        ReadOnlySequence<byte> name = reader.ReadRaw();
        return name.IsSingleSegment ? KnownMethods.Find(name.FirstSpan, FindMethod) : FindMethod(name.ToArray());
    }

    private static MethodInfo FindMethod(ReadOnlyMemory<byte> name)
    {
        var reader = new MessagePackReader(name);
        _ = reader.ReadArrayHeader();
        string assemblyName = reader.ReadString()!;
        string location = reader.ReadString()!;
        Guid version = reader.ReadBytes() is { } bytes ? new Guid(bytes.FirstSpan) : default;
        int token = reader.ReadInt32();
        string[] typeArguments = ReadNames(ref reader);
        string[] methodArguments = ReadNames(ref reader);
        Module module = FindModule(assemblyName, location, version);
        return FindMethod(module, token, FindTypes(typeArguments, location), FindTypes(methodArguments, location));
    }

    private static Module FindModule(string assemblyName, string location, Guid version)
    {
        Module module = FindAssembly(new AssemblyName { Name = assemblyName }, location).ManifestModule;
        return module.ModuleVersionId == version
            ? module
            : throw new InvalidOperationException(
                $"This worker found another build of '{assemblyName}' ({CallWriter.LocationOf(module.Assembly)}) "
                + $"than its creator runs ({location}). Rebuild the program, so that both use the same files.");
    }

    private static MethodInfo FindMethod(Module module, int token, Type[] typeArguments, Type[] methodArguments)
    {
        MethodBase method = module.ResolveMethod(token)!;
        if (typeArguments.Length > 0)
        {
            Type type = method.DeclaringType!.MakeGenericType(typeArguments);
            method = MethodBase.GetMethodFromHandle(method.MethodHandle, type.TypeHandle)!;
        }

        return methodArguments.Length == 0 ? (MethodInfo)method : ((MethodInfo)method).MakeGenericMethod(methodArguments);
    }

    private static string[] ReadNames(ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        string[] names = count == 0 ? [] : new string[count];
        for (int index = 0; index < names.Length; index++)
        {
            names[index] = reader.ReadString()!;
        }

        return names;
    }

    private static Type[] FindTypes(string[] names, string location) => Array.ConvertAll(names, name => FindType(name, location));

    private readonly Type ReadType(ref MessagePackReader reader) => reader.NextMessagePackType == MessagePackType.Integer
        ? _module!.ResolveType(reader.ReadInt32())
        : FindType(reader.ReadString()!, "");

    private object? ReadValue(ref MessagePackReader reader, Type declared)
    {
        if (CallWriter.IsDelegate(declared))
        {
            return ReadDelegate(ref reader);
        }

        return CallWriter.IsClosure(declared)
            ? ReadObject(ref reader)
            : MessageSerializer.Read(ref reader, declared, MessageOrigin.OwnProcess);
    }

    private object? ReadDelegate(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        if (reader.NextMessagePackType == MessagePackType.Integer)
        {
            return _read![reader.ReadInt32()];
        }

        _ = reader.ReadArrayHeader();
        int number = Reserve(reader.ReadInt32());
        return ReadDelegate(ref reader, number, ReadType(ref reader));
    }

    private object ReadDelegate(ref MessagePackReader reader, int number, Type type)
    {
        MethodInfo method = ReadMethod(ref reader);
        object? target = ReadObject(ref reader);
        return _read![number] = method.CreateDelegate(type, target);
    }

    private object? ReadObject(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        if (reader.NextMessagePackType == MessagePackType.Integer)
        {
            return _read![reader.ReadInt32()];
        }

        _ = reader.ReadArrayHeader();
        int number = Reserve(reader.ReadInt32());
        Type type = ReadType(ref reader);
        if (CallWriter.IsDelegate(type))
        {
            return ReadDelegate(ref reader, number, type);
        }

        if (!CallWriter.IsClosure(type))
        {
            return _read![number] = ReadValue(ref reader, type);
        }

        // Known before its fields are: one of them may be a lambda over this very closure.
        object closure = _read![number] = RuntimeHelpers.GetUninitializedObject(type);
        _ = reader.ReadArrayHeader();
        foreach (FieldInfo field in CallWriter.ClosureFields(type))
        {
            field.SetValue(closure, ReadValue(ref reader, field.FieldType));
        }

        return closure;
    }

    private int Reserve(int number)
    {
        _read ??= [];
        while (_read.Count <= number)
        {
            _read.Add(null);
        }

        return number;
    }

    /// <summary>
    /// Finds a type of this program by the name its creator gave; the assembly by name first, then where the creator has it.
    /// </summary>
    private static Type FindType(string name, string location) => s_types.GetOrAdd(
        name,
        static (name, location) =>
            Type.GetType(name, assemblyName => FindAssembly(assemblyName, location), typeResolver: null, throwOnError: true)!,
        location);

    private static Assembly FindAssembly(AssemblyName name, string location)
    {
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(name);
        }
        catch (FileNotFoundException) when (File.Exists(location))
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyPath(location);
        }
    }
}
