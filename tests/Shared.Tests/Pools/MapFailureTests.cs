using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>What becomes of a map of which an item fails, or cannot travel, or that is to end before its end.</summary>
public sealed class MapFailureTests
{
    [Fact(Timeout = 60_000)]
    public async Task An_item_that_cannot_travel_fails_the_map_and_not_the_pool()
    {
        await using var pool = new ProcessPool(1);

        await Assert.ThrowsAsync<MessageSerializationException>(
            () => pool.MapAsync(static (Unserializable _) => 0, [new Unserializable()]));
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_cannot_travel_fails_its_map_and_no_worker_is_lost()
    {
        await using var pool = new ProcessPool(1);
        int process = await pool.Submit(PoolTasks.ProcessId);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(
            () => pool.MapAsync(static _ => PoolTasks.Unserializable(), Enumerable.Range(0, 50)));

        Assert.Equal(typeof(MessageSerializationException).FullName, error.Error.TypeName);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_dies_over_a_chunk_fails_the_map_and_not_the_pool()
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(
            () => pool.MapAsync(static number => number == 5 ? PoolTasks.KillSelf() : number, Enumerable.Range(0, 20)));

        Assert.Contains("MapFailureTests", error.Task, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task A_failure_appears_behind_the_results_before_it(int chunkSize)
    {
        await using var pool = new ProcessPool(2);
        var results = new List<int>();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(
                PoolTasks.Fail, Enumerable.Range(0, 50), new PoolMapOptions { ChunkSize = chunkSize }))
            {
                results.Add(result);
            }
        });

        Assert.Equal("not 3", error.Error.Message);
        Assert.Contains(nameof(PoolTasks.Fail), error.Error.StackTrace, StringComparison.Ordinal);
        Assert.StartsWith("PoolWorker-", error.ProcessName, StringComparison.Ordinal);
        Assert.Contains(error.ProcessId, pool.GetInsights().Workers.Select(worker => worker.ProcessId));
        Assert.Equal([0, 1, 2], results);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failing_item_ends_an_unordered_map()
    {
        await using var pool = new ProcessPool(2);
        var results = new List<int>();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(
                PoolTasks.Fail, Enumerable.Range(0, 50), new PoolMapOptions { ChunkSize = 1, IsOrdered = false }))
            {
                results.Add(result);
            }
        });

        Assert.Equal("not 3", error.Error.Message);
        Assert.Equal(results.Distinct(), results);
        Assert.DoesNotContain(3, results);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocking_map_throws_what_an_awaited_one_does()
    {
        await using var pool = new ProcessPool(1);

        RemoteException error = Assert.Throws<RemoteException>(() => { _ = pool.Map(PoolTasks.Fail, Enumerable.Range(0, 10)); });

        Assert.Equal("not 3", error.Error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_map_that_fails_or_is_given_up_lets_what_runs_end_and_starts_nothing_else(bool fails)
    {
        await using var pool = new ProcessPool(2);
        using var first = new ProcessEvent();
        using var started = new ProcessEvent();
        using var finish = new ProcessEvent();
        using var ended = new SharedValue<int>();
        using var called = new SharedValue<int>();
        await using (IAsyncEnumerator<int> results = SelectHeld(pool, fails, first, (started, finish), ended, called).GetAsyncEnumerator())
        {
            Task<bool> next = results.MoveNextAsync().AsTask();
            await started.WaitAsync();
            first.Set();
            if (fails)
            {
                await Assert.ThrowsAsync<RemoteException>(() => next);
            }
            else
            {
                Assert.True(await next);
            }
        }

        finish.Set();
        await pool.CompleteAsync();

        Assert.Equal(1, ended.Value);
        Assert.InRange(called.Value, 0, 4); // the window
        IReadOnlyList<WorkerInsights> workers = pool.GetInsights().EndedWorkers;
        Assert.NotEmpty(workers);
        Assert.All(workers, worker => Assert.Equal(0, worker.ExitCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_map_out_of_time_gives_first_what_was_ready()
    {
        await using var pool = new ProcessPool(2);
        using var cancel = new CancellationTokenSource();
        var results = new List<int>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(
                ForeverFromThree, Enumerable.Range(0, 100), new PoolMapOptions { ChunkSize = 1 }, cancel.Token))
            {
                results.Add(result);
                if (results.Count == 3)
                {
                    cancel.CancelAfter(1);
                }
            }
        });

        Assert.Equal([0, 1, 2], results);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
        Assert.ThrowsAny<OperationCanceledException>(() => { _ = pool.Map(PoolTasks.Double, [1, 2], cancellationToken: cancel.Token); });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_out_of_time_appears_behind_the_results_before_it()
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { ChunkSize = 1, Chunk = new PoolTaskOptions { Timeout = TimeSpan.FromSeconds(2) } };
        var results = new List<int>();

        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            await foreach (int result in pool.SelectAsync(ForeverFromThree, Enumerable.Range(0, 100), options))
            {
                results.Add(result);
            }
        });

        Assert.Equal([0, 1, 2], results);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    // Apart, so that the lambda captures nothing else.
    private static IAsyncEnumerable<int> SelectHeld(
        ProcessPool pool,
        bool fails,
        ProcessEvent first,
        (ProcessEvent Started, ProcessEvent Finish) second,
        SharedValue<int> ended,
        SharedValue<int> called)
    {
        ProcessEvent started = second.Started;
        ProcessEvent finish = second.Finish;
        return pool.SelectAsync(
            number =>
            {
                switch (number)
                {
                    case 0:
                        first.Wait();
                        return fails ? throw new InvalidOperationException("the first") : number;
                    case 1:
                        started.Set();
                        finish.Wait();
                        _ = ended.Increment();
                        return number;
                    default:
                        _ = called.Increment();
                        return number;
                }
            },
            Enumerable.Range(0, 100),
            new PoolMapOptions { ChunkSize = 1, Window = 4 });
    }

    private static int ForeverFromThree(int number) => number < 3 ? number : PoolTasks.Forever();
}
