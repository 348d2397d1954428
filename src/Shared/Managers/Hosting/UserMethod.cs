using System.Reflection;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A method of a registered interface, as it is called for a client.</summary>
internal sealed class UserMethod
{
    private readonly ManagerTypes _types;
    private readonly MethodInvoker _invoker;
    private readonly PropertyInfo? _taskResult;
    private readonly Type[] _parameters;

    public UserMethod(ManagerTypes types, MethodInfo method)
    {
        _types = types;
        _invoker = MethodInvoker.Create(method);
        _parameters = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        IsAsynchronous = InterfaceContract.IsAsynchronous(method);
        ResultType = InterfaceContract.ResultType(method);
        _taskResult = ResultType == typeof(void) ? null : typeof(Task<>).MakeGenericType(ResultType).GetProperty(nameof(Task<>.Result));
    }

    public bool IsAsynchronous { get; }

    public Type ResultType { get; }

    /// <exception cref="CallFailedException">There are too few, or a reference is to another type's object.</exception>
    public object?[] ReadArguments(ref CallFrame call, CancellationToken cancellationToken)
    {
        object?[] arguments = new object?[_parameters.Length];
        for (int index = 0; index < arguments.Length; index++)
        {
            Type type = _parameters[index];
            arguments[index] = type == typeof(CancellationToken) ? cancellationToken
                : _types.Find(type) is null ? call.Read(type)
                : call.ReadReference() is HostedUserObject hosted && type.IsInstanceOfType(hosted.Instance) ? hosted.Instance
                : throw new CallFailedException(FailureCode.BadArguments, $"Argument {index} must be a reference to a {type.FullName}.");
        }

        return arguments;
    }

    public object? Invoke(object instance, object?[] arguments) => _invoker.Invoke(instance, arguments.AsSpan());

    /// <summary>Awaits what an asynchronous method returned.</summary>
    public async Task<object?> AwaitAsync(object? returned)
    {
        Task task = returned switch
        {
            Task already => already,
            ValueTask valueTask => valueTask.AsTask(),
            null => throw new InvalidOperationException("The method returned null instead of a task."),
            _ => (Task)returned.GetType().GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(returned, null)!,
        };
        await task.ConfigureAwait(false);
        return _taskResult?.GetValue(task);
    }
}
