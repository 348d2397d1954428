using System.Reflection;

namespace IpcDemos.Shared.Processes;

/// <summary>Checks, where the mistake is made, that arguments fit a method; the worker would only find out later.</summary>
internal static class CallBinder
{
    /// <summary>What people know the call by: <c>Program.Double</c>, or <c>Program.Main (lambda)</c>.</summary>
    public static string Describe(Delegate call) => CallShape.Of(call.Method).Name;

    /// <summary>The same, found out anew.</summary>
    public static string NameOf(MethodInfo called)
    {
        string type = called.DeclaringType is { } declaring ? (Outermost(declaring).Name + ".") : "";
        string name = called.Name;

        // The compiler calls a lambda <Main>b__0_1 and a local function <Main>g__Work|0_1.
        if (name.StartsWith('<') && name.IndexOf('>') is var end && end > 0)
        {
            string method = name[1..end] is "<Main>$" or "<Main" ? "Main" : name[1..end];
            int local = name.IndexOf(">g__", StringComparison.Ordinal);
            name = local >= 0 ? name[(local + 4)..name.IndexOf('|', local)] : $"{method} (lambda)";
        }

        return type + name;
    }

    /// <summary>Whether another process of the same program can find the method.</summary>
    public static void ThrowUnlessKnownElsewhere(Delegate call)
    {
        if (!call.HasSingleTarget)
        {
            throw new ArgumentException("A delegate of several methods cannot be run in another process; pass one method.", nameof(call));
        }

        if (call.Method.DeclaringType is not { Assembly.IsDynamic: false })
        {
            throw new ArgumentException(
                $"The method '{call.Method.Name}' was generated while the program ran; another process cannot find it. "
                + "Pass a method, local function or lambda of a compiled assembly.",
                nameof(call));
        }
    }

    public static void ThrowUnlessCallable(Delegate call, object?[] arguments)
    {
        ThrowUnlessKnownElsewhere(call);
        CallShape shape = CallShape.Of(call.Method);
        int first = CallWriter.IsClosedOverFirstArgument(call) ? 1 : 0;
        ReadOnlySpan<ParameterInfo> parameters = shape.Parameters[first..];
        int required = shape.Required(first);
        if (arguments.Length < required || arguments.Length > parameters.Length)
        {
            string takes = required == parameters.Length ? $"{required}" : $"{required} to {parameters.Length}";
            string list = string.Join(", ", parameters.ToArray().Select(parameter => $"{parameter.ParameterType.Name} {parameter.Name}"));
            throw new ArgumentException(
                $"{Describe(call)} takes {takes} argument(s) ({list}), but {arguments.Length} were given.", nameof(arguments));
        }

        for (int index = 0; index < arguments.Length; index++)
        {
            ThrowUnlessAssignable(call, parameters[index], arguments[index]);
        }
    }

    /// <summary>The call as it is run in this process.</summary>
    /// <param name="call">A call that <see cref="ThrowUnlessCallable"/> has let pass.</param>
    /// <param name="arguments">Its arguments; those missing get their parameters' default values.</param>
    /// <param name="cancellationToken">What a parameter of that type gets that has no argument.</param>
    public static Call Bind(Delegate call, object?[] arguments, CancellationToken cancellationToken)
    {
        object?[] given = CallWriter.IsClosedOverFirstArgument(call) ? [call.Target, .. arguments] : arguments;
        IEnumerable<object?> missing = call.Method.GetParameters().Skip(given.Length)
            .Select(parameter => parameter.ParameterType == typeof(CancellationToken) ? cancellationToken : parameter.DefaultValue);
        return new Call(call.Method, call.Method.IsStatic ? null : call.Target, [.. given, .. missing]);
    }

    private static void ThrowUnlessAssignable(Delegate call, ParameterInfo parameter, object? argument)
    {
        Type type = parameter.ParameterType;
        if (type.IsByRef || type.IsByRefLike)
        {
            throw new ArgumentException(
                $"The parameter '{parameter.Name}' of {Describe(call)} is passed by reference, which ends at the process's border. Take it by value.",
                nameof(argument));
        }

        bool fits = argument is null ? !type.IsValueType || Nullable.GetUnderlyingType(type) is not null : type.IsInstanceOfType(argument);
        if (!fits)
        {
            throw new ArgumentException(
                $"The parameter '{parameter.Name}' of {Describe(call)} is of type {type}, but the argument is "
                + (argument is null ? "null." : $"of type {argument.GetType()}."),
                nameof(argument));
        }
    }

    private static Type Outermost(Type type) =>
        type.DeclaringType is { } outer && (type.Name.StartsWith('<') || CallWriter.IsClosure(type)) ? Outermost(outer) : type;
}
