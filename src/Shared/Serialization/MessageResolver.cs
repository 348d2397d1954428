using System.Collections;
using System.Reflection;
using System.Runtime.Serialization;
using System.Text;
using MessagePack;
using MessagePack.Formatters;
using MessagePack.ImmutableCollection;
using MessagePack.Resolvers;

namespace IpcDemos.Shared.Serialization;

/// <summary>Finds the formatter of a type: the one place where the order of precedence is laid down.</summary>
/// <remarks>
/// Each type's formatter is looked for when the first value of that type is met, and what is costly to set up stands last: a fresh process
/// whose messages are numbers and text never pays for tables of collections or for code generated at run time.
/// </remarks>
internal sealed class MessageResolver : IFormatterResolver
{
    public static MessageResolver Instance { get; } = new();

    /// <summary>The formatter of <typeparamref name="T"/>; for a type that cannot travel, one that says so.</summary>
    public static IMessagePackFormatter<T> Formatter<T>() => Cache<T>.Formatter;

    /// <summary>
    /// The settings that the formatter of <typeparamref name="T"/> is to be called with. Numbers and text heed none, and get none: the
    /// package's security settings draw a random key when they are first touched, which makes a fresh process load a cryptography library.
    /// </summary>
    public static MessageOptions OptionsFor<T>(MessageOrigin origin) => Cache<T>.HeedsOptions ? MessageOptions.For(origin) : null!;

    public IMessagePackFormatter<T>? GetFormatter<T>() => Cache<T>.Formatter;

    /// <summary>Whether attributes say how the type travels.</summary>
    public static bool HasContract(Type type) =>
        HasFormatter(type)
        || type.IsDefined(typeof(MessagePackObjectAttribute), inherit: false)
        || type.IsDefined(typeof(DataContractAttribute), inherit: false);

    /// <summary>Whether the type names a formatter of its own, as all that is shared by reference does.</summary>
    public static bool HasFormatter(Type type) => type.IsDefined(typeof(MessagePackFormatterAttribute), inherit: false);

    private static IMessagePackFormatter<T> Create<T>()
    {
        if (Scalar(typeof(T)) is { } scalar)
        {
            return (IMessagePackFormatter<T>)scalar;
        }

        if (typeof(T) == typeof(object))
        {
            // Not guarded: it only passes on to the formatter of the value's own type, which is.
            return (IMessagePackFormatter<T>)(object)ObjectFormatter.Instance;
        }

        try
        {
            return Compound<T>() is { } formatter
                ? new GuardedFormatter<T>(formatter, exactType: false)
                : new GuardedFormatter<T>(Object<T>()!, exactType: !typeof(T).IsSealed && !typeof(T).IsAbstract);
        }
        catch (Exception e)
        {
            // A type that is declared wrongly is an error of each value of it, not of the resolver.
            Exception cause = e is TargetInvocationException or TypeInitializationException ? e.GetBaseException() : e;
            string reason = cause is MessageSerializationException refusal
                ? refusal.Reason
                : $"{TypeName.Of(typeof(T))} cannot travel as it is declared: {cause.Message}";
            return new GuardedFormatter<T>(new RefusingFormatter<T>(reason)!, exactType: false);
        }
    }

    /// <summary>What holds no other value and is written as it stands.</summary>
    private static object? Scalar(Type type) => type.IsEnum ? null : Type.GetTypeCode(type) switch
    {
        TypeCode.Int32 => Int32Formatter.Instance,
        TypeCode.String => StringFormatter.Instance,
        TypeCode.Boolean => BooleanFormatter.Instance,
        TypeCode.Double => DoubleFormatter.Instance,
        TypeCode.Int64 => Int64Formatter.Instance,
        TypeCode.Byte => ByteFormatter.Instance,
        TypeCode.SByte => SByteFormatter.Instance,
        TypeCode.Char => CharFormatter.Instance,
        TypeCode.Int16 => Int16Formatter.Instance,
        TypeCode.UInt16 => UInt16Formatter.Instance,
        TypeCode.UInt32 => UInt32Formatter.Instance,
        TypeCode.UInt64 => UInt64Formatter.Instance,
        TypeCode.Single => SingleFormatter.Instance,
        _ => null,
    };

    private static IMessagePackFormatter<T>? Compound<T>()
    {
        Type type = typeof(T);
        if (HasFormatter(type))
        {
            return AttributeFormatterResolver.Instance.GetFormatter<T>();
        }

        if (Shape(type) is { } shape)
        {
            return (IMessagePackFormatter<T>)shape;
        }

        if (type.IsDefined(typeof(UnionAttribute), inherit: false))
        {
            return (IMessagePackFormatter<T>)Make(typeof(UnionFormatter<>), type);
        }

        if (HasContract(type))
        {
            return null;
        }

        if (UnsupportedType.ReasonAgainst(type) is { } reason)
        {
            return new RefusingFormatter<T>(reason)!;
        }

        if (!IsFramework(type) && !typeof(IEnumerable).IsAssignableFrom(type))
        {
            return null;
        }

        return type.Namespace is "System.Collections.Immutable" or "System.Collections.Frozen"
            ? ImmutableCollectionResolver.Instance.GetFormatter<T>()
            : (type.IsGenericType ? null : BuiltinResolver.Instance.GetFormatter<T>()) ?? DynamicGenericResolver.Instance.GetFormatter<T>();
    }

    /// <summary>What our own formatters take from the package's: exact types, strict text, blocks.</summary>
    private static object? Shape(Type type)
    {
        if (type.IsEnum)
        {
            return Make(typeof(GenericEnumFormatter<>), type);
        }

        if (type.IsArray)
        {
            Type element = type.GetElementType()!;
            return type == typeof(byte[]) ? ByteArrayFormatter.Instance
                : !type.IsSZArray ? Make(typeof(MultiDimensionalArrayFormatter<,>), type, element)
                : BlockLayout.IsBlock(element) ? Make(typeof(BlockFormatter<>), element)
                : Make(typeof(ArrayFormatter<>), element);
        }

        if (type.IsConstructedGenericType)
        {
            Type definition = type.GetGenericTypeDefinition();
            Type argument = type.GenericTypeArguments[0];
            return definition == typeof(Nullable<>) ? Make(typeof(NullableFormatter<>), argument)
                : definition == typeof(List<>) && !BlockLayout.IsBlock(argument) ? Make(typeof(ListFormatter<>), argument)
                : IsBlockHolder(definition) && BlockLayout.IsBlock(argument) ? Make(typeof(BlockFormatter<>), argument)
                : definition == typeof(Dictionary<,>) ? Make(typeof(DictionaryFormatter<,>), type.GenericTypeArguments)
                : null;
        }

        return type == typeof(DateTime) ? DateTimeFormatter.Instance
            : type == typeof(Uri) ? new TextFormatter<Uri>(static uri => uri.OriginalString, static text => new Uri(text, UriKind.RelativeOrAbsolute))
            : type == typeof(StringBuilder) ? new TextFormatter<StringBuilder>(static builder => builder.ToString(), static text => new StringBuilder(text))
            : null;
    }

    private static bool IsBlockHolder(Type definition) =>
        definition == typeof(List<>) || definition == typeof(Memory<>) || definition == typeof(ReadOnlyMemory<>) || definition == typeof(ArraySegment<>);

    /// <summary>What has members: by attributes, else by its public ones.</summary>
    private static IMessagePackFormatter<T?> Object<T>()
    {
        Type type = typeof(T);
        if (HasContract(type))
        {
            // Code built for a type that is not public must be let in to it.
            IFormatterResolver standard = type.IsVisible ? StandardResolver.Instance : StandardResolverAllowPrivate.Instance;
            return standard.GetFormatterWithVerify<T>()!;
        }

        if (type.IsInterface || type.IsAbstract)
        {
            throw new MessageSerializationException(
                $"{TypeName.Of(type)} does not say which types implement it; list them on it with [Union], or declare the exact type.");
        }

        return IsFramework(type)
            ? throw new MessageSerializationException($"{TypeName.Of(type)} has no form in a message; send the values that it is made of.")
            : new ContractFormatter<T>();
    }

    private static bool IsFramework(Type type) =>
        type.Namespace is { } name && (name == "System" || name.StartsWith("System.", StringComparison.Ordinal));

    private static object Make(Type definition, params Type[] arguments) => Activator.CreateInstance(definition.MakeGenericType(arguments))!;

    private static class Cache<T>
    {
        public static readonly IMessagePackFormatter<T> Formatter = Create<T>();

        public static readonly bool HeedsOptions = Scalar(typeof(T)) is null;
    }
}
