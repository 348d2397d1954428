using System.Collections.Immutable;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Running;

internal sealed partial class ScenarioContext
{
    // What Kill leaves, also where no signals exist.
    private const int KilledExitCode = -9;

    private ImmutableList<WorkerProcess> _workers = [];
    private ImmutableList<WorkerProcess> _killed = [];
    private ImmutableList<ProcessPool> _pools = [];
    private int _lastNumber;

    /// <summary>
    /// Begins a part of the scenario that is a program of its own: it is shown a title, and its processes are numbered anew.
    /// </summary>
    public void Part(string title)
    {
        Interlocked.Exchange(ref _lastNumber, 0);
        output.Part(scenario, title);
    }

    /// <summary>Makes a worker process whose lines on standard output are lines of the scenario. The caller starts it.</summary>
    /// <param name="call">What it runs.</param>
    /// <param name="arguments">What it runs that with.</param>
    public WorkerProcess CreateWorker(Delegate call, params object?[] arguments) => CreateWorker(new WorkerStreamOptions(), call, arguments);

    /// <summary>Makes a worker process that the caller starts.</summary>
    /// <param name="streams">Where its standard streams lead.</param>
    /// <param name="call">What it runs.</param>
    /// <param name="arguments">What it runs that with.</param>
    public WorkerProcess CreateWorker(WorkerStreamOptions streams, Delegate call, params object?[] arguments)
    {
        WorkerProcess? worker = null;
        var lines = WorkerOutput.ToLines(text =>
        {
            // The output is read before Start has returned, which is when the worker's id can be asked for.
            SpinWait.SpinUntil(() => worker!.ProcessId is not null);
            Print(new ScenarioLine(worker!.Name, worker.ProcessId!.Value, text));
        });
        worker = new WorkerProcess(call, arguments)
        {
            // Numbered per scenario, not per coordinator: each scenario is a program of its own in the course.
            Name = $"Process-{Interlocked.Increment(ref _lastNumber)}",
            StandardInput = streams.StandardInput,
            StandardOutput = streams.StandardOutput ?? lines,
            StandardError = streams.PrintsStandardError ? lines : WorkerOutput.Inherit,
        };
        ImmutableInterlocked.Update(ref _workers, (workers, added) => workers.Add(added), worker);
        return worker;
    }

    /// <summary>Makes a pool, whose workers are told of with the scenario's result. The caller disposes of it.</summary>
    /// <param name="options">How it works.</param>
    public ProcessPool CreatePool(ProcessPoolOptions options)
    {
        var pool = new ProcessPool(options);
        ImmutableInterlocked.Update(ref _pools, (pools, added) => pools.Add(added), pool);
        return pool;
    }

    /// <summary>Waits until all of them have ended.</summary>
    public Task JoinAsync(params IEnumerable<WorkerProcess> workers) =>
        Task.WhenAll(workers.Select(worker => worker.JoinAsync(cancellationToken)));

    /// <summary>Kills a worker that runs, which is how it is then expected to have ended, and waits until it has.</summary>
    public async Task KillAsync(WorkerProcess worker)
    {
        ImmutableInterlocked.Update(ref _killed, (killed, added) => killed.Add(added), worker);
        worker.Kill();
        await JoinAsync(worker);
    }

    /// <summary>The lines that a worker printed so far.</summary>
    public IReadOnlyList<string> LinesOf(WorkerProcess worker) =>
        [.. _lines.Where(line => line.ProcessId == worker.ProcessId).Select(line => line.Text)];

    /// <summary>Ends what still runs, which no scenario leaves behind, and checks how every worker has ended.</summary>
    /// <returns>The workers that were started, in the order they were made; behind them those of pools.</returns>
    public async Task<IReadOnlyList<WorkerExit>> FinishAsync()
    {
        foreach (WorkerProcess worker in WorkerProcess.ActiveChildren)
        {
            Check(cancellationToken.IsCancellationRequested, $"{worker.Name} was left running.");
        }

        await WorkerProcess.StopAllAsync();
        WorkerProcess[] started = [.. _workers.Where(worker => worker.ProcessId is not null)];
        foreach (WorkerProcess worker in started)
        {
            int expected = _killed.Contains(worker) ? KilledExitCode : 0;
            Check(
                worker.ExitCode == expected || cancellationToken.IsCancellationRequested,
                $"{worker.Name} (PID {worker.ProcessId}) should have ended with {expected}; it ended with {worker.ExitCode}.");
        }

        return
        [
            .. started.Select(worker => new WorkerExit(worker.Name, worker.ProcessId, worker.ExitCode)),
            .. _pools.SelectMany(pool => pool.GetInsights().EndedWorkers)
                .Select(worker => new WorkerExit(worker.Name, worker.ProcessId, worker.ExitCode)),
        ];
    }
}
