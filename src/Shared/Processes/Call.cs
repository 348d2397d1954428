using System.Reflection;

namespace IpcDemos.Shared.Processes;

/// <summary>A method, what it is called on, and with what: ready to run in this process.</summary>
internal sealed record Call(MethodInfo Method, object? Target, object?[] Arguments)
{
    /// <summary>What the call returns, without the task around it; <see langword="void"/> if nothing.</summary>
    public Type ResultType => CallShape.Of(Method).ResultType;

    /// <summary>Runs the call and, if it is asynchronous, waits for its end on this thread.</summary>
    public object? Run()
    {
        object? result = Method.Invoke(Target, BindingFlags.DoNotWrapExceptions, binder: null, Arguments, culture: null);
        Task? task = result switch
        {
            Task running => running,
            ValueTask running => running.AsTask(),
            not null when IsGeneric(Method.ReturnType, typeof(ValueTask<>)) =>
                (Task)Method.ReturnType.GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(result, null)!,
            _ => null,
        };
        if (task is null)
        {
            return result;
        }

        task.GetAwaiter().GetResult();
        return ResultType == typeof(void) ? null : task.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(task);
    }

    /// <summary>A method's return type without the task around it.</summary>
    public static Type ResultTypeOf(Type type) =>
        type == typeof(Task) || type == typeof(ValueTask) ? typeof(void)
        : IsGeneric(type, typeof(Task<>)) || IsGeneric(type, typeof(ValueTask<>)) ? type.GetGenericArguments()[0]
        : type;

    private static bool IsGeneric(Type type, Type definition) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}
