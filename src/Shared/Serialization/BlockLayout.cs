using System.Reflection;

namespace IpcDemos.Shared.Serialization;

/// <summary>Tells which types may be copied as they lie in memory, and what is said about them in the message.</summary>
internal static class BlockLayout
{
    /// <summary>The kind byte of a block whose elements are a structure of the user's; its size follows.</summary>
    public const byte Structure = 0;

    /// <summary>
    /// Whether every pattern of bits is a value of <paramref name="type"/>, so that no message can create an impossible one, and none of
    /// it is an address. Single bytes are left out: they travel as MessagePack's own binary.
    /// </summary>
    public static bool IsBlock(Type type) =>
        BitConverter.IsLittleEndian && type != typeof(byte) && (type == typeof(bool) || IsPlain(type));

    /// <summary>The kind byte: for primitives and enumerations the number of their <see cref="TypeCode"/>.</summary>
    public static byte KindOf(Type type) => Type.GetTypeCode(type) is var code and not TypeCode.Object ? (byte)code : Structure;

    /// <summary>The primitive type that a kind byte stands for.</summary>
    public static Type? TypeOf(byte kind) => (TypeCode)kind switch
    {
        TypeCode.Boolean => typeof(bool),
        TypeCode.Char => typeof(char),
        TypeCode.SByte => typeof(sbyte),
        TypeCode.Int16 => typeof(short),
        TypeCode.UInt16 => typeof(ushort),
        TypeCode.Int32 => typeof(int),
        TypeCode.UInt32 => typeof(uint),
        TypeCode.Int64 => typeof(long),
        TypeCode.UInt64 => typeof(ulong),
        TypeCode.Single => typeof(float),
        TypeCode.Double => typeof(double),
        _ => null,
    };

    private static bool IsPlain(Type type)
    {
        if (!type.IsValueType || type == typeof(nint) || type == typeof(nuint) || type == typeof(bool))
        {
            return false;
        }

        if (type.IsPrimitive || type.IsEnum)
        {
            return true;
        }

        if (type.Assembly == typeof(object).Assembly)
        {
            return type == typeof(Guid) || type == typeof(TimeSpan) || type == typeof(Half) || type == typeof(Int128) || type == typeof(UInt128);
        }

        // A structure with a contract of its own says by attributes what travels; a copy would not heed them.
        if (type.IsByRefLike || MessageResolver.HasContract(type) || Nullable.GetUnderlyingType(type) is not null)
        {
            return false;
        }

        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        return fields.Length > 0 && fields.All(static field => field.FieldType.IsValueType && IsPlain(field.FieldType));
    }
}
