using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class InsightsTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_slowest_tasks_are_told_with_their_arguments()
    {
        await using var pool = new ProcessPool(1);
        for (int number = 0; number < 6; number++)
        {
            _ = await pool.Submit(PoolTasks.Double, number);
        }

        // Longer than what the first one of all takes to be loaded and compiled.
        _ = await pool.Submit(PauseFor, 3000, "a name");

        SlowTask slowest = pool.GetInsights().SlowestTasks[0];
        Assert.Equal("InsightsTests.PauseFor", slowest.Task);
        Assert.Equal("3000, \"a name\"", slowest.Arguments);
        Assert.True(slowest.Time >= TimeSpan.FromMilliseconds(3000));
    }

    [Fact(Timeout = 60_000)]
    public async Task Arguments_that_cannot_be_told_in_words_harm_nobody()
    {
        await using var pool = new ProcessPool(1);

        _ = await pool.Submit(LengthOf, new Mute { Numbers = [1] });
        _ = await pool.Submit(Sum, new[] { 1, 2, 3, 4, 5, 6, 7 });
        _ = await pool.Submit(Sum, new int[100_000]);

        Assert.Equal(
            ["", "Mute", "[1, 2, 3, 4, 5, … (7 in all)]"],
            pool.GetInsights().SlowestTasks.Select(task => task.Arguments).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_has_ended_is_told_with_how_and_how_long_that_took()
    {
        await using var pool = new ProcessPool(1);
        _ = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.Exit, 3));
        _ = await pool.Submit(PoolTasks.Double, 1);
        await pool.CompleteAsync();

        PoolInsights insights = pool.GetInsights();

        Assert.Empty(insights.Workers);
        Assert.Equal([3, 0], insights.EndedWorkers.Select(worker => worker.ExitCode));
        Assert.All(insights.EndedWorkers, worker => Assert.True(worker.Exiting > TimeSpan.Zero));
        Assert.All(insights.EndedWorkers, worker => Assert.True(worker.PeakMemory > 1 << 20));
    }

    [Fact(Timeout = 60_000)]
    public async Task Insights_are_a_table_for_people_and_an_object_for_programs()
    {
        await using var pool = new ProcessPool(1);
        _ = await pool.Submit(PauseFor, 1, "x");

        PoolInsights insights = pool.GetInsights();
        string[] lines = insights.ToTable().TrimEnd().Split(Environment.NewLine);
        using var json = JsonDocument.Parse(insights.ToJson());

        Assert.Equal(5, lines.Length);
        Assert.StartsWith("worker ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith(insights.Workers[0].Name, lines[1], StringComparison.Ordinal);
        Assert.StartsWith("InsightsTests.PauseFor", lines[4], StringComparison.Ordinal);
        Assert.EndsWith("1, \"x\"", lines[4], StringComparison.Ordinal);
        Assert.Equal(1, json.RootElement.GetProperty("workers")[0].GetProperty("taskCount").GetInt64());
        Assert.Equal("1, \"x\"", json.RootElement.GetProperty("slowestTasks")[0].GetProperty("arguments").GetString());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_takes_long_is_told_of_twice_the_second_time_with_the_whole_pool()
    {
        var told = Channel.CreateUnbounded<PoolDiagnosis>();
        using var gate = new ProcessEvent();
        await using var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 1,
            ReportAfter = TimeSpan.FromMilliseconds(50),
            Diagnostics = new Listener(told.Writer),
        });
        Task<int> task = pool.Submit(WaitWith, gate, 42);

        PoolDiagnosis first = await told.Reader.ReadAsync(TestContext.Current.CancellationToken);
        PoolDiagnosis second = await told.Reader.ReadAsync(TestContext.Current.CancellationToken);
        gate.Set();

        Assert.Equal(first.ProcessId, await task);
        Assert.Equal("InsightsTests.WaitWith", first.Task);
        Assert.EndsWith("42", first.Arguments, StringComparison.Ordinal);
        Assert.True(first.Running >= TimeSpan.FromMilliseconds(50));
        Assert.True(first.ProcessorTime > TimeSpan.Zero);
        Assert.Null(first.Pool);
        Assert.Equal(first.Task, Assert.Single(second.Pool!.Workers).CurrentTask);
        Assert.False(told.Reader.TryRead(out _));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_died_is_told_with_the_memory_it_took()
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.KillSelf));

        Assert.InRange(error.PeakMemory!.Value, 1 << 20, 1L << 32);
        Assert.Contains($"up to {error.PeakMemory >> 20} MiB", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_workers_time_is_told_by_what_it_went_into()
    {
        await using var pool = new ProcessPool(
            new ProcessPoolOptions { WorkerCount = 1, Initializer = static () => Thread.Sleep(100) });

        _ = await pool.Submit(PauseFor, 50, "x");

        WorkerInsights worker = Assert.Single(pool.GetInsights().Workers);
        Assert.True(worker.StartingUp > TimeSpan.Zero);
        Assert.InRange(worker.Initializing, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60));
        Assert.InRange(worker.Working, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60));
        WorkerInsights later = Assert.Single(pool.GetInsights().Workers);
        Assert.True(later.Waiting > worker.Waiting);
        Assert.Equal(worker.Working, later.Working);
        await pool.CompleteAsync();
        Assert.True(Assert.Single(pool.GetInsights().EndedWorkers).Waiting >= later.Waiting);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_results_of_the_slowest_tasks_are_not_kept()
    {
        await using var pool = new ProcessPool(1);

        WeakReference result = await SlowResultAsync(pool);
        _ = await pool.Submit(PoolTasks.Double, 1); // the thread that took the answer has forgotten it, too
        GC.Collect();

        Assert.Equal("InsightsTests.PauseAndReturn", pool.GetInsights().SlowestTasks[0].Task);
        Assert.False(result.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> SlowResultAsync(ProcessPool pool) => new(await pool.Submit(PauseAndReturn, 500));

    private static int[] PauseAndReturn(int milliseconds)
    {
        Thread.Sleep(milliseconds);
        return new int[milliseconds];
    }

    private static int PauseFor(int milliseconds, string name)
    {
        Thread.Sleep(milliseconds);
        return name.Length;
    }

    private static int LengthOf(Mute value) => value.Numbers.Length;

    private static int Sum(int[] numbers) => numbers.Sum();

    private static int WaitWith(ProcessEvent gate, int number)
    {
        gate.Wait();
        return number > 0 ? Environment.ProcessId : 0;
    }

    public sealed class Mute
    {
        public int[] Numbers { get; init; } = [];

        public override string ToString() => throw new InvalidOperationException("has no words");
    }

    /// <summary>Hears of tasks only: that a worker's start took long may be told as well.</summary>
    private sealed class Listener(ChannelWriter<PoolDiagnosis> writer) : IProgress<PoolDiagnosis>
    {
        public void Report(PoolDiagnosis value) => _ = !value.IsStarting && writer.TryWrite(value);
    }
}
