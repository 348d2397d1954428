using System.Reflection;
using System.Reflection.Emit;
using System.Text;
using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>One member of a plain class, record or structure: how it is called in the message, and how it is written.</summary>
internal abstract class ContractMember<T>(string name)
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);

    public string Name { get; } = name;

    public ReadOnlySpan<byte> Utf8Name => _name;

    public abstract void Write(ref MessagePackWriter writer, ref T instance, MessagePackSerializerOptions options);

    /// <summary>Creates the place where the member's value waits, while a message is read, until the object can be built.</summary>
    public abstract MemberCell CreateCell();
}

/// <inheritdoc cref="ContractMember{T}"/>
internal sealed class ContractMember<T, TValue> : ContractMember<T>
{
    private readonly Getter _get;
    private readonly TValue? _initial;

    public ContractMember(MemberInfo member, TValue? initial)
        : base(member.Name)
    {
        _get = CreateGetter(member);
        _initial = initial;
    }

    private delegate TValue Getter(ref T instance);

    public override void Write(ref MessagePackWriter writer, ref T instance, MessagePackSerializerOptions options) =>
        MessageResolver.Formatter<TValue>().Serialize(ref writer, _get(ref instance), options);

    public override MemberCell CreateCell() => new MemberCell<TValue>(_initial);

    private static Getter CreateGetter(MemberInfo member)
    {
        // Delegates to the property itself cost a fresh process less than generating code does; a field has no method to bind to.
        if (member is PropertyInfo property)
        {
            MethodInfo getter = property.GetGetMethod(nonPublic: true)!;
            if (typeof(T).IsValueType)
            {
                return getter.CreateDelegate<Getter>();
            }

            var get = getter.CreateDelegate<Func<T, TValue>>();
            return (ref T instance) => get(instance);
        }

        var method = new DynamicMethod(member.Name, typeof(TValue), [typeof(T).MakeByRefType()], typeof(MessageSerializer).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        if (!typeof(T).IsValueType)
        {
            il.Emit(OpCodes.Ldind_Ref);
        }

        il.Emit(OpCodes.Ldfld, (FieldInfo)member);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Getter>();
    }
}
