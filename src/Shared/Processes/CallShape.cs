using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// What does not change about a method that is called. Whoever calls much calls few methods, and to ask reflection each time takes
/// longer than many a call.
/// </summary>
internal sealed class CallShape
{
    private static readonly ConditionalWeakTable<MethodInfo, CallShape> s_shapes = [];

    private readonly ParameterInfo[] _parameters;
    private readonly bool[] _isOptional;

    private CallShape(MethodInfo method)
    {
        _parameters = method.GetParameters();
        _isOptional = [.. _parameters.Select(parameter => parameter.HasDefaultValue || parameter.ParameterType == typeof(CancellationToken))];
        Name = CallBinder.NameOf(method);
        Title = Encoding.UTF8.GetBytes(Name);
        ResultType = Call.ResultTypeOf(method.ReturnType);
    }

    /// <summary>What people know it by.</summary>
    public string Name { get; }

    /// <summary>The same in UTF-8.</summary>
    public byte[] Title { get; }

    public ReadOnlySpan<ParameterInfo> Parameters => _parameters;

    /// <summary>What it returns, without the task around it; <see langword="void"/> if nothing.</summary>
    public Type ResultType { get; }

    /// <summary>Whether its last parameter is a token, by which it can be asked to end.</summary>
    public bool TakesToken => _parameters is [.., { ParameterType: var last }] && last == typeof(CancellationToken);

    public static CallShape Of(MethodInfo method) => s_shapes.GetValue(method, static method => new CallShape(method));

    /// <summary>How many arguments a call must give at least, not counting those up to <paramref name="first"/>.</summary>
    public int Required(int first)
    {
        int required = 0;
        for (int index = first; index < _isOptional.Length; index++)
        {
            required += _isOptional[index] ? 0 : 1;
        }

        return required;
    }
}
