using System.Collections.Concurrent;
using System.Reflection;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>Calls a method of a registered interface at the server, and gives what it returns the shape that it is declared with.</summary>
internal static class InterfaceCall
{
    private static readonly ConcurrentDictionary<Type, MethodInfo> s_typedAwaits = new();

    public static object? Invoke(ManagerProxy target, MethodInfo method, object?[] arguments)
    {
        ManagerClient client = target.Client;
        ParameterInfo[] parameters = method.GetParameters();
        CancellationToken token = arguments.OfType<CancellationToken>().FirstOrDefault();
        int count = parameters.Count(parameter => parameter.ParameterType != typeof(CancellationToken));
        bool isAsynchronous = InterfaceContract.IsAsynchronous(method);
        PendingCall call = client.Begin(
            target.Number,
            InterfaceContract.Of(method.DeclaringType!).Names[method],
            count,
            (parameters, arguments, client.Origin),
            WriteArguments,
            isAsynchronous,
            target);
        Type type = InterfaceContract.ResultType(method);
        if (!isAsynchronous)
        {
            call.Wait(token);
            return type == typeof(void) ? null : Result(call, type);
        }

        if (type == typeof(void))
        {
            Task done = call.WaitAsync(token);
            return method.ReturnType == typeof(Task) ? done : new ValueTask(done);
        }

        return s_typedAwaits.GetOrAdd(method.ReturnType, _ => typeof(InterfaceCall)
                .GetMethod(IsValueTask(method) ? nameof(ValueResultAsync) : nameof(ResultAsync), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type))
            .Invoke(null, [call, token]);
    }

    private static bool IsValueTask(MethodInfo method) => method.ReturnType.GetGenericTypeDefinition() == typeof(ValueTask<>);

    private static void WriteArguments(
        ref MessagePackWriter writer, (ParameterInfo[] Parameters, object?[] Values, MessageOrigin Origin) state)
    {
        for (int index = 0; index < state.Values.Length; index++)
        {
            Type type = state.Parameters[index].ParameterType;
            if (type != typeof(CancellationToken))
            {
                object? value = state.Values[index];
                MessageSerializer.Write(ref writer, ReferenceTo(value)?.GetType() ?? type, ReferenceTo(value) ?? value, state.Origin);
            }
        }
    }

    private static async Task<TResult> ResultAsync<TResult>(PendingCall call, CancellationToken cancellationToken)
    {
        await call.WaitAsync(cancellationToken).ConfigureAwait(false);
        return (TResult)Result(call, typeof(TResult))!;
    }

    private static ValueTask<TResult> ValueResultAsync<TResult>(PendingCall call, CancellationToken cancellationToken) =>
        new(ResultAsync<TResult>(call, cancellationToken));

    // A result that is itself a registered interface is a reference.
    private static object? Result(PendingCall call, Type type)
    {
        var reader = new MessagePackReader(call.Answer);
        if (!type.IsInterface || reader.NextMessagePackType != MessagePackType.Extension)
        {
            return call.Read(type);
        }

        object shared = call.Read(typeof(SharedObject<>).MakeGenericType(type))!;
        return shared.GetType().GetProperty(nameof(SharedObject<>.Proxy))!.GetValue(shared);
    }

    /// <summary>The shared object behind a proxy that is passed as an argument; null for anything else.</summary>
    private static ManagerProxy? ReferenceTo(object? value) => (value as ObjectProxy)?.Object;
}
