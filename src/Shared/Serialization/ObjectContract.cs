using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// What of a type without attributes travels, and how it is built again: its public properties and fields, as far as they can be restored
/// through a constructor's parameter of that name, a setter, or the field behind an automatic property. What is computed does not travel.
/// </summary>
internal sealed class ObjectContract<T>
{
    private const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly MemberInfo[] _members;
    private readonly ConstructorInfo? _constructor;

    public ObjectContract()
    {
        MemberInfo[] candidates = [.. Candidates()];
        _constructor = ChooseConstructor(candidates);
        ParameterInfo[] parameters = _constructor?.GetParameters() ?? [];
        _members = [.. candidates.Where(member => IsRestorable(member) || Array.Exists(parameters, parameter => IsFor(parameter, member)))];
        if (_members.Length == 0 && FirstHiddenField() is { } hidden)
        {
            throw new MessageSerializationException(
                $"{TypeName.Of(typeof(T))} has no public state that could be restored, but it has the private field {hidden}; mark what shall "
                + "travel with [MessagePackObject] and [Key], or make it public.");
        }

        Members = [.. _members.Select(member => CreateMember(member, parameters))];
        Build = GenerateBuild(parameters);
    }

    public ContractMember<T>[] Members { get; }

    /// <summary>Builds the object from one cell for each of <see cref="Members"/>.</summary>
    public Func<MemberCell[], T> Build { get; }

    private static IEnumerable<MemberInfo> Candidates()
    {
        IEnumerable<MemberInfo> properties = typeof(T).GetProperties(Public)
            .Where(static property => property.GetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0);
        return properties.Concat(typeof(T).GetFields(Public))
            .Where(static member => !IsIgnored(member))
            .GroupBy(static member => member.Name, StringComparer.Ordinal)
            // A member hidden by `new` has the same name; the most derived one is what the type's users see.
            .Select(static group => group.MaxBy(static member => Ancestors(member.DeclaringType!))!)
            .Select(static member => IsSendable(TypeOf(member)) ? member : throw new MessageSerializationException(
                $"{TypeName.Of(typeof(T))}.{member.Name} is a {TypeName.Of(TypeOf(member))}: an address, which means nothing in another process; "
                + "mark it with [IgnoreMember]."));
    }

    private static int Ancestors(Type type) => type.BaseType is { } parent ? 1 + Ancestors(parent) : 0;

    private static bool IsIgnored(MemberInfo member) =>
        member.IsDefined(typeof(IgnoreMemberAttribute), inherit: true)
        || member.IsDefined(typeof(IgnoreDataMemberAttribute), inherit: true)
        || member.IsDefined(typeof(NonSerializedAttribute), inherit: true);

    private static bool IsSendable(Type type) => !type.IsPointer && !type.IsByRef && !type.IsByRefLike && !type.IsFunctionPointer;

    private static ConstructorInfo? ChooseConstructor(MemberInfo[] candidates)
    {
        ConstructorInfo[] all = typeof(T).GetConstructors(Declared);
        ConstructorInfo? chosen = Array.Find(all, static constructor => constructor.IsDefined(typeof(SerializationConstructorAttribute)))
            ?? all.Where(constructor => Array.TrueForAll(constructor.GetParameters(), parameter => Array.Exists(candidates, member => IsFor(parameter, member))))
                .OrderByDescending(static constructor => constructor.IsPublic)
                .ThenByDescending(static constructor => constructor.GetParameters().Length)
                .FirstOrDefault();
        if (chosen is null && !typeof(T).IsValueType)
        {
            throw new MessageSerializationException(
                $"{TypeName.Of(typeof(T))} has no constructor whose parameters are named and typed as its public members; add one, or one "
                + "without parameters.");
        }

        return chosen;
    }

    private static bool IsFor(ParameterInfo parameter, MemberInfo member) =>
        string.Equals(parameter.Name, member.Name, StringComparison.OrdinalIgnoreCase)
        && (parameter.ParameterType == TypeOf(member)
            || (!TypeOf(member).IsValueType && parameter.ParameterType.IsAssignableFrom(TypeOf(member))));

    private static bool IsRestorable(MemberInfo member) => member switch
    {
        PropertyInfo property => SetterOf(property) is not null || BackingFieldOf(property) is not null,
        _ => true,
    };

    // A private setter of a base class is seen only from that class.
    private static MethodInfo? SetterOf(PropertyInfo property) =>
        property.DeclaringType!.GetProperty(property.Name, Declared, null, property.PropertyType, [], null)?.GetSetMethod(nonPublic: true);

    private static FieldInfo? BackingFieldOf(PropertyInfo property) =>
        property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", Declared);

    private static string? FirstHiddenField() => typeof(T).GetFields(Declared).FirstOrDefault(static field => !IsIgnored(field))?.Name;

    private static Type TypeOf(MemberInfo member) => (member as PropertyInfo)?.PropertyType ?? ((FieldInfo)member).FieldType;

    private static ContractMember<T> CreateMember(MemberInfo member, ParameterInfo[] parameters)
    {
        ParameterInfo? parameter = Array.Find(parameters, parameter => IsFor(parameter, member));
        Type type = TypeOf(member);
        object? initial = parameter is { HasDefaultValue: true } ? parameter.DefaultValue : null;
        if (initial is not null && type.IsEnum)
        {
            initial = Enum.ToObject(type, initial);
        }

        return (ContractMember<T>)Activator.CreateInstance(typeof(ContractMember<,>).MakeGenericType(typeof(T), type), member, initial)!;
    }

    /// <summary>
    /// Generates the calls of the constructor and the setters: the one way to pass values on without boxing them, and to set what C# lets
    /// only an initialiser set.
    /// </summary>
    private Func<MemberCell[], T> GenerateBuild(ParameterInfo[] parameters)
    {
        var method = new DynamicMethod("Build", typeof(T), [typeof(MemberCell[])], typeof(MessageSerializer).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        LocalBuilder result = il.DeclareLocal(typeof(T));
        if (_constructor is null)
        {
            il.Emit(OpCodes.Ldloca, result);
            il.Emit(OpCodes.Initobj, typeof(T));
        }
        else
        {
            foreach (ParameterInfo parameter in parameters)
            {
                int index = Array.FindIndex(_members, member => IsFor(parameter, member));
                if (index < 0)
                {
                    throw new MessageSerializationException(
                        $"The parameter {parameter.Name} of the constructor of {TypeName.Of(typeof(T))} that is marked with "
                        + "[SerializationConstructor] has no public member of that name and type.");
                }

                EmitValue(il, index);
            }

            il.Emit(OpCodes.Newobj, _constructor);
            il.Emit(OpCodes.Stloc, result);
        }

        for (int i = 0; i < _members.Length; i++)
        {
            if (!Array.Exists(parameters, parameter => IsFor(parameter, _members[i])))
            {
                EmitSet(il, result, i);
            }
        }

        il.Emit(OpCodes.Ldloc, result);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<MemberCell[], T>>();
    }

    /// <summary>A member that the message does not mention keeps what the constructor gave it.</summary>
    private void EmitSet(ILGenerator il, LocalBuilder result, int index)
    {
        Label skip = il.DefineLabel();
        EmitCell(il, index);
        il.Emit(OpCodes.Ldfld, typeof(MemberCell).GetField(nameof(MemberCell.IsSet))!);
        il.Emit(OpCodes.Brfalse, skip);
        il.Emit(typeof(T).IsValueType ? OpCodes.Ldloca : OpCodes.Ldloc, result);
        EmitValue(il, index);
        switch (_members[index])
        {
            case PropertyInfo property when SetterOf(property) is { } setter:
                il.Emit(typeof(T).IsValueType ? OpCodes.Call : OpCodes.Callvirt, setter);
                break;
            case PropertyInfo property:
                il.Emit(OpCodes.Stfld, BackingFieldOf(property)!);
                break;
            case FieldInfo field:
                il.Emit(OpCodes.Stfld, field);
                break;
        }

        il.MarkLabel(skip);
    }

    private void EmitValue(ILGenerator il, int index)
    {
        EmitCell(il, index);
        il.Emit(OpCodes.Ldfld, typeof(MemberCell<>).MakeGenericType(TypeOf(_members[index])).GetField(nameof(MemberCell<int>.Value))!);
    }

    private static void EmitCell(ILGenerator il, int index)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Ldelem_Ref);
    }
}
