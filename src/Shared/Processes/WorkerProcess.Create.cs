namespace IpcDemos.Shared.Processes;

// The typed ways in. Each only forwards; what they add is that the compiler checks the arguments.
public sealed partial class WorkerProcess
{
    /// <summary>Describes a worker whose call takes no argument; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create(Action call) => new(call);

    /// <summary>Describes a worker whose call takes no argument and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<TResult>(Func<TResult> call) => new(call);

    /// <summary>Describes a worker whose call takes 1 argument; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1>(Action<T1> call, T1 arg1) => new(call, arg1);

    /// <summary>Describes a worker whose call takes 1 argument and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, TResult>(Func<T1, TResult> call, T1 arg1) => new(call, arg1);

    /// <summary>Describes a worker whose call takes 2 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2>(Action<T1, T2> call, T1 arg1, T2 arg2) => new(call, arg1, arg2);

    /// <summary>Describes a worker whose call takes 2 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, TResult>(Func<T1, T2, TResult> call, T1 arg1, T2 arg2) => new(call, arg1, arg2);

    /// <summary>Describes a worker whose call takes 3 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3>(Action<T1, T2, T3> call, T1 arg1, T2 arg2, T3 arg3) => new(call, arg1, arg2, arg3);

    /// <summary>Describes a worker whose call takes 3 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, TResult>(Func<T1, T2, T3, TResult> call, T1 arg1, T2 arg2, T3 arg3) => new(call, arg1, arg2, arg3);

    /// <summary>Describes a worker whose call takes 4 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4>(Action<T1, T2, T3, T4> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4) => new(call, arg1, arg2, arg3, arg4);

    /// <summary>Describes a worker whose call takes 4 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, TResult>(Func<T1, T2, T3, T4, TResult> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4) => new(call, arg1, arg2, arg3, arg4);

    /// <summary>Describes a worker whose call takes 5 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5) => new(call, arg1, arg2, arg3, arg4, arg5);

    /// <summary>Describes a worker whose call takes 5 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, TResult>(Func<T1, T2, T3, T4, T5, TResult> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5) => new(call, arg1, arg2, arg3, arg4, arg5);

    /// <summary>Describes a worker whose call takes 6 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5, T6 arg6) => new(call, arg1, arg2, arg3, arg4, arg5, arg6);

    /// <summary>Describes a worker whose call takes 6 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, T6, TResult>(Func<T1, T2, T3, T4, T5, T6, TResult> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5, T6 arg6) => new(call, arg1, arg2, arg3, arg4, arg5, arg6);

    /// <summary>Describes a worker whose call takes 7 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, T6, T7>(Action<T1, T2, T3, T4, T5, T6, T7> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5, T6 arg6, T7 arg7) => new(call, arg1, arg2, arg3, arg4, arg5, arg6, arg7);

    /// <summary>Describes a worker whose call takes 7 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, T6, T7, TResult>(Func<T1, T2, T3, T4, T5, T6, T7, TResult> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5, T6 arg6, T7 arg7) => new(call, arg1, arg2, arg3, arg4, arg5, arg6, arg7);

    /// <summary>Describes a worker whose call takes 8 arguments; nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, T6, T7, T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5, T6 arg6, T7 arg7, T8 arg8) => new(call, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8);

    /// <summary>Describes a worker whose call takes 8 arguments and has a result (or is asynchronous); nothing starts yet.</summary>
    /// <inheritdoc cref="WorkerProcess(Delegate, object[])"/>
    public static WorkerProcess Create<T1, T2, T3, T4, T5, T6, T7, T8, TResult>(Func<T1, T2, T3, T4, T5, T6, T7, T8, TResult> call, T1 arg1, T2 arg2, T3 arg3, T4 arg4, T5 arg5, T6 arg6, T7 arg7, T8 arg8) => new(call, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8);
}
