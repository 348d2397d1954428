using System.Reflection;
using System.Reflection.Emit;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Architecture;

/// <summary>The library's folders depend on each other in one direction only.</summary>
public sealed class DependencyTests
{
    private const string Root = "IpcDemos.Shared.";

    /// <summary>What each folder may use besides itself and what those below it use.</summary>
    private static readonly Dictionary<string, string[]> s_directlyBelow = new()
    {
        ["Platform"] = [],
        ["Serialization"] = [],
        ["Diagnostics"] = [],
        ["Memory"] = ["Platform", "Serialization"],
        ["Synchronization"] = ["Memory"],
        ["Channels"] = ["Synchronization", "Serialization"],
        ["Processes"] = ["Channels", "Diagnostics"],
        ["Pools"] = ["Processes"],
        ["Managers"] = ["Pools"], // it hosts them, as it hosts lists; a pool knows nothing of that
        ["Csp"] = ["Processes"],
    };

    private static readonly Dictionary<short, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Static | BindingFlags.Public)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    [Fact]
    public void No_folder_uses_one_above_it()
    {
        var violations = new SortedSet<string>();
        foreach (Type type in typeof(WorkerProcess).Assembly.GetTypes().Where(type => FolderOf(type) is not null))
        {
            string folder = FolderOf(type)!;
            HashSet<string> allowed = Below(folder);
            violations.UnionWith(
                from used in UsedBy(type)
                let other = FolderOf(used)
                where other is not null && other != folder && !allowed.Contains(other)
                select $"{folder} uses {other}: {type.Name} uses {used.Name}");
        }

        Assert.Empty(violations);
    }

    [Fact]
    public void Every_folder_has_its_place_in_the_order()
    {
        IEnumerable<string> folders = typeof(WorkerProcess).Assembly.GetTypes().Select(FolderOf).OfType<string>().Distinct();

        Assert.Empty(folders.Except(s_directlyBelow.Keys));
    }

    [Fact]
    public void The_operating_system_is_called_in_Platform_only()
    {
        IEnumerable<string> imports =
            from type in typeof(WorkerProcess).Assembly.GetTypes()
            where FolderOf(type) != "Platform"
            from method in type.GetMethods(Everything)
            where method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)
            select $"{type.FullName}.{method.Name}";

        Assert.Empty(imports);
    }

    [Fact]
    public void The_tests_of_this_class_see_uses_in_bodies_fields_and_signatures()
    {
        // Against an order that passes because the search finds nothing.
        HashSet<Type> used = [.. UsedBy(typeof(WorkerProcess))];

        Assert.Contains(used, type => type.Name == "ProcessTree"); // in bodies
        Assert.Contains(used, type => type.Name == "WorkerRun"); // in a field
        Assert.Contains(typeof(ProcessInfo), used); // in signatures
    }

    private const BindingFlags Everything =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static string? FolderOf(Type type)
    {
        Type outermost = type;
        while (outermost.DeclaringType is { } declaring)
        {
            outermost = declaring;
        }

        return outermost.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true && !outermost.Name.StartsWith('<')
            ? outermost.Namespace[Root.Length..].Split('.')[0]
            : null;
    }

    private static HashSet<string> Below(string folder)
    {
        HashSet<string> below = [];
        foreach (string next in s_directlyBelow.GetValueOrDefault(folder, []))
        {
            _ = below.Add(next);
            below.UnionWith(Below(next));
        }

        return below;
    }

    private static IEnumerable<Type> UsedBy(Type type)
    {
        IEnumerable<Type?> declared =
        [
            type.BaseType,
            .. type.GetInterfaces(),
            .. type.GetFields(Everything).Select(field => field.FieldType),
            .. type.GetMethods(Everything).SelectMany(method => method.GetParameters().Select(one => one.ParameterType).Append(method.ReturnType)),
            .. type.GetConstructors(Everything).SelectMany(constructor => constructor.GetParameters().Select(one => one.ParameterType)),
        ];
        IEnumerable<MethodBase> bodies = [.. type.GetMethods(Everything), .. type.GetConstructors(Everything)];
        return declared.Concat(bodies.SelectMany(UsedIn)).SelectMany(Parts).Distinct();
    }

    /// <summary>A type, and what it is made of: elements, type arguments.</summary>
    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null)
        {
            return [];
        }

        if (type.HasElementType)
        {
            return Parts(type.GetElementType());
        }

        return type.IsConstructedGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];
    }

    /// <summary>The types that a method's instructions name, themselves or by a member.</summary>
    private static IEnumerable<Type?> UsedIn(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
        {
            yield break;
        }

        Type[]? typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int position = 0; position < code.Length;)
        {
            short value = code[position] == 0xFE ? (short)(0xFE00 | code[position + 1]) : code[position];
            OpCode instruction = s_opCodes[value];
            position += instruction.Size;
            if (instruction.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                MemberInfo member = method.Module.ResolveMember(BitConverter.ToInt32(code, position), typeArguments, methodArguments)!;
                yield return member as Type ?? member.DeclaringType;
                if (member is MethodInfo { IsGenericMethod: true } generic)
                {
                    foreach (Type argument in generic.GetGenericArguments())
                    {
                        yield return argument;
                    }
                }
            }

            position += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, position)),
                _ => 4,
            };
        }
    }
}
