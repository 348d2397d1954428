using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class InitializerTests
{
    private static string? s_value; // of the workers; nobody sets it here

    [Fact(Timeout = 60_000)]
    public async Task The_initializer_runs_once_in_every_worker()
    {
        using var initialized = new ProcessSemaphore(0);
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Initializer = () => initialized.Release() });

        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => pool.Submit(PoolTasks.Double, number)));

        Assert.True(initialized.Acquire(TimeSpan.Zero));
        Assert.False(initialized.Acquire(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_initializer_has_run_in_every_worker_before_its_first_task()
    {
        const int Workers = 3;
        string value = Guid.NewGuid().ToString("N");
        using var runs = new SharedValue<int>();
        using var barrier = new ProcessBarrier(Workers);
        using var barrierOfTheRest = new ProcessBarrier(Workers); // a death breaks the one that it has taken part in
        await using ProcessPool pool = CreatePool(Workers, value, runs);

        Met[] first = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => pool.Submit(Meet, barrier)));
        Assert.Equal(Workers, runs.Value);
        PoolTasks.KillProcess(first[0].ProcessId);
        Met[] second = await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => pool.Submit(Meet, barrierOfTheRest)));

        Assert.Equal(Workers + 1, runs.Value);
        Assert.Equal(Workers, first.Distinct().Count());
        Assert.Equal(Workers + 1, first.Union(second).Count());
        Assert.All(first.Union(second), met => Assert.Equal(value, met.Value));
        Assert.Null(s_value);
    }

    private static ProcessPool CreatePool(int workers, string value, SharedValue<int> runs) => new(new ProcessPoolOptions
    {
        WorkerCount = workers,
        Initializer = () =>
        {
            s_value = value;
            _ = runs.Increment();
        },
    });

    private static Met Meet(ProcessBarrier barrier)
    {
        _ = barrier.Wait();
        return new Met(Environment.ProcessId, s_value);
    }

    private sealed record Met(int ProcessId, string? Value);
}
