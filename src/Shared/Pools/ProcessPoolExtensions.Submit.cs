namespace IpcDemos.Shared.Pools;

/// <summary>
/// The typed ways into a pool, whoever's it is. They only forward; what they add is that the compiler checks the arguments.
/// </summary>
/// <remarks>
/// Two arguments at most, and a token beside one: a lambda brings along whatever it captures, so that more never need an overload:
/// <c>pool.Submit(token =&gt; Work(first, second, third, token))</c>.
/// </remarks>
public static partial class ProcessPoolExtensions
{
    /// <summary>Has a call run by a worker.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="call">What it runs; a last parameter of type <see cref="CancellationToken"/> is cancelled with the task.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <inheritdoc cref="IProcessPool.Submit{TResult}(Delegate, object[], PoolTaskOptions, CancellationToken)"/>
    public static Task Submit(
        this IProcessPool pool, Action call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit(
        this IProcessPool pool,
        Action<CancellationToken> call,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit(
        this IProcessPool pool,
        Func<CancellationToken, Task> call,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit<T1>(
        this IProcessPool pool, Action<T1> call, T1 arg1, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit(
        this IProcessPool pool, Func<Task> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit<T1>(
        this IProcessPool pool,
        Action<T1, CancellationToken> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit<T1>(
        this IProcessPool pool,
        Func<T1, Task> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit<T1>(
        this IProcessPool pool,
        Func<T1, CancellationToken, Task> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit<T1, T2>(
        this IProcessPool pool,
        Action<T1, T2> call,
        T1 arg1,
        T2 arg2,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [arg1, arg2], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task Submit<T1, T2>(
        this IProcessPool pool,
        Func<T1, T2, Task> call,
        T1 arg1,
        T2 arg2,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<object?>(call, [arg1, arg2], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<TResult>(
        this IProcessPool pool, Func<TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<TResult>(
        this IProcessPool pool, Func<Task<TResult>> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<TResult>(
        this IProcessPool pool,
        Func<CancellationToken, TResult> call,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<TResult>(
        this IProcessPool pool,
        Func<CancellationToken, Task<TResult>> call,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<T1, TResult>(
        this IProcessPool pool,
        Func<T1, TResult> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<T1, TResult>(
        this IProcessPool pool,
        Func<T1, Task<TResult>> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<T1, TResult>(
        this IProcessPool pool,
        Func<T1, CancellationToken, TResult> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<T1, TResult>(
        this IProcessPool pool,
        Func<T1, CancellationToken, Task<TResult>> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [arg1], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<T1, T2, TResult>(
        this IProcessPool pool,
        Func<T1, T2, TResult> call,
        T1 arg1,
        T2 arg2,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [arg1, arg2], options, cancellationToken);

    /// <inheritdoc cref="Submit(IProcessPool, Action, PoolTaskOptions, CancellationToken)"/>
    public static Task<TResult> Submit<T1, T2, TResult>(
        this IProcessPool pool,
        Func<T1, T2, Task<TResult>> call,
        T1 arg1,
        T2 arg2,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Submit<TResult>(call, [arg1, arg2], options, cancellationToken);

    /// <summary>Has a call run by a worker and blocks for its result. (Python: <c>apply</c>.)</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="call">What it runs; a lambda brings its arguments along.</param>
    /// <param name="options">What is different for this task.</param>
    /// <param name="cancellationToken">Ends the task, whether it has started or not.</param>
    /// <exception cref="Processes.RemoteException">The call threw.</exception>
    /// <exception cref="Processes.WorkerDiedException">Its worker died.</exception>
    /// <exception cref="TimeoutException">It was out of time.</exception>
    public static TResult Invoke<TResult>(
        this IProcessPool pool, Func<TResult> call, PoolTaskOptions? options = null, CancellationToken cancellationToken = default) =>
        pool.Invoke<TResult>(call, [], options, cancellationToken);

    /// <inheritdoc cref="Invoke{TResult}(IProcessPool, Func{TResult}, PoolTaskOptions, CancellationToken)"/>
    public static TResult Invoke<T1, TResult>(
        this IProcessPool pool,
        Func<T1, TResult> call,
        T1 arg1,
        PoolTaskOptions? options = null,
        CancellationToken cancellationToken = default) =>
        pool.Invoke<TResult>(call, [arg1], options, cancellationToken);
}
