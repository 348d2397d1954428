using System.Runtime.CompilerServices;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// Makes whatever a map may call for its items into the one thing that chunks know: a function of one item. It is a delegate that is
/// bound to the caller's, so that it travels as that does, and is known by its name.
/// </summary>
internal static class ItemCall
{
    /// <summary>An asynchronous method, which is awaited in the worker before the next item.</summary>
    public static Func<T, TResult> Of<T, TResult>(Func<T, Task<TResult>> call) => NotNull(call).Await;

    /// <summary>A method that can be asked to end in the midst of an item.</summary>
    public static Func<T, TResult> Of<T, TResult>(Func<T, CancellationToken, TResult> call) => NotNull(call).WithToken;

    /// <summary>An asynchronous method that can be asked to end.</summary>
    public static Func<T, TResult> Of<T, TResult>(Func<T, CancellationToken, Task<TResult>> call) => NotNull(call).AwaitWithToken;

    /// <summary>A method of two arguments, which the items hold.</summary>
    public static Func<(T1, T2), TResult> Of<T1, T2, TResult>(Func<T1, T2, TResult> call) => NotNull(call).Spread;

    /// <summary>A method of three arguments, which the items hold.</summary>
    public static Func<(T1, T2, T3), TResult> Of<T1, T2, T3, TResult>(Func<T1, T2, T3, TResult> call) => NotNull(call).Spread;

    /// <summary>What the caller passed.</summary>
    public static Delegate Original(Delegate call) =>
        call.Method.DeclaringType == typeof(ItemCall) ? (Delegate)call.Target! : call;

    private static TResult Await<T, TResult>(this Func<T, Task<TResult>> call, T item) => call(item).GetAwaiter().GetResult();

    private static TResult WithToken<T, TResult>(this Func<T, CancellationToken, TResult> call, T item) => call(item, Chunk.Cancellation);

    private static TResult AwaitWithToken<T, TResult>(this Func<T, CancellationToken, Task<TResult>> call, T item) =>
        call(item, Chunk.Cancellation).GetAwaiter().GetResult();

    private static TResult Spread<T1, T2, TResult>(this Func<T1, T2, TResult> call, (T1, T2) item) => call(item.Item1, item.Item2);

    private static TResult Spread<T1, T2, T3, TResult>(this Func<T1, T2, T3, TResult> call, (T1, T2, T3) item) =>
        call(item.Item1, item.Item2, item.Item3);

    private static TCall NotNull<TCall>(TCall call, [CallerArgumentExpression(nameof(call))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(call, name);
        return call;
    }
}
