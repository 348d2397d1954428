namespace IpcDemos.Shared.Pools;

/// <summary>A task that takes long: what it is, where it runs, and whether it works or waits.</summary>
/// <param name="Task">What was called, such as <c>Program.Double</c>.</param>
/// <param name="Arguments">Its arguments in words, as in <see cref="SlowTask.Arguments"/>.</param>
/// <param name="Worker">The name of the worker that runs it.</param>
/// <param name="ProcessId">That worker's process id.</param>
/// <param name="Running">For how long it has been running.</param>
/// <param name="ProcessorTime">How much processor time its worker has used since its start: little means that it waits.</param>
/// <param name="Pool">The whole pool, the second time that the task is told of; <see langword="null"/> the first time.</param>
public sealed record PoolDiagnosis(
    string Task, string Arguments, string Worker, int ProcessId, TimeSpan Running, TimeSpan ProcessorTime, PoolInsights? Pool)
{
    /// <summary>For people: a sentence, and the pool's table if it is there.</summary>
    public override string ToString() =>
        $"{Task}({Arguments}) has been running for {Running} in {Worker} (PID {ProcessId}), "
        + $"which has used {ProcessorTime} of processor time."
        + (Pool is null ? "" : Environment.NewLine + Pool.ToTable());
}
