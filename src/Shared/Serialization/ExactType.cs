using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using System.Text;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Describes a type in a few bytes, so that a value declared as <see cref="object"/> keeps it. Types are numbered, never named: nothing in
/// a message can make a process load a type that is not in this table.
/// </summary>
/// <remarks>
/// The one exception is this library's own: what is shared by reference (a queue, a lock) is looked up by name within this assembly, and only
/// if it has a formatter of its own.
/// </remarks>
internal static class ExactType
{
    private const int MaximumNesting = 16;
    private const byte ArrayCode = 1;
    private const byte OwnCode = 2;

    // A type's number is its place: add at the end only. Generic definitions are followed by their arguments.
    private static readonly Type[] s_types =
    [
        typeof(object), typeof(bool), typeof(char), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint),
        typeof(long), typeof(ulong), typeof(float), typeof(double), typeof(decimal), typeof(DateTime), typeof(string), typeof(Half),
        typeof(Int128), typeof(UInt128), typeof(DateTimeOffset), typeof(TimeSpan), typeof(DateOnly), typeof(TimeOnly), typeof(Guid),
        typeof(BigInteger), typeof(Complex), typeof(Uri), typeof(Version), typeof(Rune), typeof(StringBuilder), typeof(BitArray),
        typeof(Vector2), typeof(Vector3), typeof(Vector4), typeof(Quaternion), typeof(Matrix3x2), typeof(Matrix4x4),
        typeof(Nullable<>), typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(Queue<>), typeof(Stack<>), typeof(LinkedList<>),
        typeof(SortedDictionary<,>), typeof(SortedList<,>), typeof(SortedSet<>), typeof(PriorityQueue<,>), typeof(KeyValuePair<,>),
        typeof(Memory<>), typeof(ReadOnlyMemory<>), typeof(ArraySegment<>), typeof(ReadOnlySequence<>),
        typeof(ReadOnlyCollection<>), typeof(ReadOnlyDictionary<,>), typeof(ObservableCollection<>), typeof(Collection<>),
        typeof(ConcurrentDictionary<,>), typeof(ConcurrentQueue<>), typeof(ConcurrentStack<>), typeof(ConcurrentBag<>),
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableDictionary<,>), typeof(ImmutableHashSet<>), typeof(ImmutableQueue<>),
        typeof(ImmutableStack<>), typeof(ImmutableSortedDictionary<,>), typeof(ImmutableSortedSet<>),
        typeof(Tuple<>), typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>), typeof(Tuple<,,,,>), typeof(Tuple<,,,,,>),
        typeof(Tuple<,,,,,,>), typeof(Tuple<,,,,,,,>),
        typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>), typeof(ValueTuple<,,,,>),
        typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>), typeof(ValueTuple<,,,,,,,>),
    ];

    private const byte FirstCode = 16;

    private static readonly Dictionary<Type, byte> s_codes =
        s_types.Select(static (type, index) => (type, code: (byte)(FirstCode + index))).ToDictionary(static pair => pair.type, static pair => pair.code);

    private static readonly ConcurrentDictionary<Type, byte[]?> s_descriptions = new();

    /// <summary>The description of <paramref name="type"/>, or null if it is none of those that can be described.</summary>
    public static byte[]? TryDescribe(Type type) => s_descriptions.GetOrAdd(type, static type =>
    {
        var description = new ArrayBufferWriter<byte>();
        return TryDescribe(type, description) && description.WrittenCount <= byte.MaxValue ? description.WrittenSpan.ToArray() : null;
    });

    /// <summary>The type that a description stands for.</summary>
    public static Type Parse(ReadOnlySpan<byte> description)
    {
        Type type = Parse(ref description, 0);
        return description.IsEmpty ? type : throw Invalid();
    }

    private static bool TryDescribe(Type type, ArrayBufferWriter<byte> description)
    {
        if (type.IsArray)
        {
            Write(description, ArrayCode, type.IsSZArray ? (byte)0 : (byte)type.GetArrayRank());
            return TryDescribe(type.GetElementType()!, description);
        }

        Type definition = type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type;
        if (s_codes.TryGetValue(definition, out byte code))
        {
            Write(description, code);
        }
        else if (type.Assembly == typeof(ExactType).Assembly && MessageResolver.HasFormatter(definition))
        {
            byte[] name = Encoding.UTF8.GetBytes(definition.FullName!);
            Write(description, [OwnCode, (byte)name.Length, .. name]);
        }
        else
        {
            return false;
        }

        return Array.TrueForAll(type.GenericTypeArguments, argument => TryDescribe(argument, description));
    }

    private static Type Parse(ref ReadOnlySpan<byte> description, int nesting)
    {
        byte code = Next(ref description);
        if (nesting > MaximumNesting)
        {
            throw Invalid();
        }

        if (code == ArrayCode)
        {
            byte rank = Next(ref description);
            Type element = Parse(ref description, nesting + 1);
            return rank == 0 ? element.MakeArrayType() : rank <= 32 ? element.MakeArrayType(rank) : throw Invalid();
        }

        Type definition = code == OwnCode ? ParseOwn(ref description)
            : code - FirstCode is >= 0 and var index && index < s_types.Length ? s_types[index]
            : throw Invalid();
        if (!definition.IsGenericTypeDefinition)
        {
            return definition;
        }

        var arguments = new Type[definition.GetGenericArguments().Length];
        foreach (ref Type argument in arguments.AsSpan())
        {
            argument = Parse(ref description, nesting + 1);
        }

        return definition.MakeGenericType(arguments);
    }

    private static Type ParseOwn(ref ReadOnlySpan<byte> description)
    {
        int length = Next(ref description);
        if (length > description.Length)
        {
            throw Invalid();
        }

        string name = Encoding.UTF8.GetString(description[..length]);
        description = description[length..];
        return typeof(ExactType).Assembly.GetType(name) is { } type && MessageResolver.HasFormatter(type) ? type : throw Invalid();
    }

    private static byte Next(ref ReadOnlySpan<byte> description)
    {
        if (description.IsEmpty)
        {
            throw Invalid();
        }

        byte next = description[0];
        description = description[1..];
        return next;
    }

    private static void Write(ArrayBufferWriter<byte> description, params ReadOnlySpan<byte> bytes) => description.Write(bytes);

    private static MessageSerializationException Invalid() => new("The message describes a type that is none of those it may describe.");
}
