using System.Threading.Channels;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

// What is told of a pool in which something takes long, and what must not keep it from being told.
public sealed class DiagnosisTests
{
    private readonly Channel<PoolDiagnosis> _told = Channel.CreateUnbounded<PoolDiagnosis>();

    [Fact(Timeout = 60_000)]
    public async Task Who_does_not_want_to_be_told_is_not()
    {
        await using ProcessPool pool = CreatePool(reportAfter: null);

        _ = await pool.Submit(Pause, 1000); // it is looked at ten times meanwhile

        Assert.False(_told.Reader.TryRead(out _));
    }

    [Fact(Timeout = 60_000)]
    public async Task Arguments_of_several_dimensions_are_told_by_their_lengths()
    {
        await using ProcessPool pool = CreatePool(TimeSpan.FromMilliseconds(50));
        using var gate = new ProcessEvent();

        Task<int> first = pool.Submit(WaitWithGrid, new int[2, 3], gate);
        PoolDiagnosis told = await NextOfTaskAsync("Int32[2, 3], ");
        gate.Set();
        Assert.Equal(6, await first);
        using var second = new ProcessEvent();
        Task<int> other = pool.Submit(WaitWithGrid, new int[4, 5], second);
        PoolDiagnosis toldNext = await NextOfTaskAsync("Int32[4, 5], ");
        second.Set();

        Assert.Equal(20, await other);
        Assert.Equal(told.Task, toldNext.Task);
        Assert.Contains(pool.GetInsights().SlowestTasks, task => task.Arguments.StartsWith("Int32[2, 3], ", StringComparison.Ordinal));
        Assert.StartsWith("ProcessPool (1 of 1", pool.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_initializer_that_hangs_is_told_of_with_the_task_that_waits_for_it()
    {
        using var gate = new ProcessEvent();
        await using ProcessPool pool = CreatePool(TimeSpan.FromMilliseconds(50), () => gate.Wait());

        Task<int> waiting = pool.Submit(PoolTasks.Double, 21);
        PoolDiagnosis first = await NextAsync();
        PoolDiagnosis second = await NextAsync();
        gate.Set();

        Assert.Equal(42, await waiting);
        Assert.True(first.IsStarting);
        Assert.Equal(("PoolTasks.Double", "21"), (first.Task, first.Arguments));
        Assert.Contains("has been starting", first.ToString(), StringComparison.Ordinal);
        Assert.Contains("PoolTasks.Double(21) waits", first.ToString(), StringComparison.Ordinal);
        Assert.Equal(first.Worker, Assert.Single(second.Pool!.Workers).Name);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_listener_that_throws_is_told_again_and_harms_no_task()
    {
        await using ProcessPool pool = CreatePool(TimeSpan.FromMilliseconds(50), throws: true);
        using var gate = new ProcessEvent();

        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        PoolDiagnosis first = await NextOfTaskAsync("");
        PoolDiagnosis second = await NextOfTaskAsync("");
        gate.Set();

        Assert.Equal(first.ProcessId, await held);
        Assert.Null(first.Pool);
        Assert.NotNull(second.Pool);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    private ProcessPool CreatePool(TimeSpan? reportAfter, Action? initializer = null, bool throws = false) => new(new ProcessPoolOptions
    {
        WorkerCount = 1,
        ReportAfter = reportAfter,
        Initializer = initializer,
        Diagnostics = new Listener(_told.Writer, throws),
    });

    /// <summary>Where a worker takes long to start, that is told first; and a task is told of twice.</summary>
    private async Task<PoolDiagnosis> NextOfTaskAsync(string arguments)
    {
        while (true)
        {
            PoolDiagnosis told = await NextAsync();
            if (!told.IsStarting && told.Arguments.StartsWith(arguments, StringComparison.Ordinal))
            {
                return told;
            }
        }
    }

    private async Task<PoolDiagnosis> NextAsync() => await _told.Reader.ReadAsync(TestContext.Current.CancellationToken)
        .AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private static int Pause(int milliseconds)
    {
        Thread.Sleep(milliseconds);
        return milliseconds;
    }

    private static int WaitWithGrid(int[,] grid, ProcessEvent gate)
    {
        gate.Wait();
        return grid.Length;
    }

    private sealed class Listener(ChannelWriter<PoolDiagnosis> writer, bool throws) : IProgress<PoolDiagnosis>
    {
        public void Report(PoolDiagnosis value)
        {
            _ = writer.TryWrite(value);
            if (throws)
            {
                throw new InvalidOperationException("not interested");
            }
        }
    }
}
