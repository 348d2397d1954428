namespace IpcDemos.Shared.Pools;

/// <summary>A task, or the start of a worker, that takes long: what it is, where it runs, and whether it works or waits.</summary>
/// <param name="Task">
/// What was called, such as <c>Program.Double</c>; if the worker <see cref="IsStarting"/>, the task that has been waiting for one for
/// longest, and empty if there is none.
/// </param>
/// <param name="Arguments">Its arguments in words, as in <see cref="SlowTask.Arguments"/>.</param>
/// <param name="Worker">The name of the worker that runs it, or is starting.</param>
/// <param name="ProcessId">That worker's process id; 0 while it is being launched.</param>
/// <param name="Running">For how long the task has been running, or the worker has been starting.</param>
/// <param name="ProcessorTime">How much processor time the worker has used since its start: little means that it waits.</param>
/// <param name="Pool">The whole pool, the second time that this is told; <see langword="null"/> the first time.</param>
public sealed record PoolDiagnosis(
    string Task, string Arguments, string Worker, int ProcessId, TimeSpan Running, TimeSpan ProcessorTime, PoolInsights? Pool)
{
    /// <summary>Whether it is the worker's start that takes long, most likely its initializer.</summary>
    public bool IsStarting { get; init; }

    /// <summary>For people: a sentence, and the pool's table if it is there.</summary>
    public override string ToString() =>
        (IsStarting
            ? $"{Worker} (PID {ProcessId}) has been starting, with its initializer, for {Running}, and "
                + $"has used {ProcessorTime} of processor time."
                + (Task.Length == 0 ? "" : $" {Task}({Arguments}) waits for a worker.")
            : $"{Task}({Arguments}) has been running for {Running} in {Worker} (PID {ProcessId}), "
                + $"which has used {ProcessorTime} of processor time.")
        + (Pool is null ? "" : Environment.NewLine + Pool.ToTable());
}
