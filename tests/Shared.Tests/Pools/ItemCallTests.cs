using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

// What a map may call for its items: methods of several arguments, asynchronous ones, such as take a token.
public sealed class ItemCallTests
{
    // Who is asked to end may be slow to, where others want the processors, too.
    private static readonly ProcessPoolOptions s_patient = new() { WorkerCount = 1, CancellationGrace = TimeSpan.FromSeconds(50) };

    private static readonly PoolMapOptions s_asCompleted = new() { IsOrdered = false, ChunkSize = 1 };

    [Fact(Timeout = 60_000)]
    public async Task Tuples_are_taken_apart_into_arguments_in_every_form()
    {
        await using var pool = new ProcessPool(2);
        (int, string)[] pairs = [(1, "a"), (3, "b")];
        (int, string, bool)[] triples = [(1, "a", true), (2, "b", false)];

        Assert.Equal(["a", "bbb"], pool.Map(Repeat, pairs));
        Assert.Equal(["a", "bbb"], await pool.MapAsync(Repeat, pairs));
        Assert.Equal(["a", "bbb"], await pool.SelectAsync(Repeat, pairs).ToArrayAsync());
        Assert.Equal(["a", "bbb"], await pool.SelectAsync(Repeat, pairs.ToAsyncEnumerable()).ToArrayAsync());
        Assert.Equal(["a", "bbb"], (await pool.SelectAsync(Repeat, pairs, s_asCompleted).ToArrayAsync()).Order());
        Assert.Equal(["A", "bb"], pool.Map(RepeatAs, triples));
        Assert.Equal(["A", "bb"], await pool.MapAsync(RepeatAs, triples));
        Assert.Equal(["A", "bb"], await pool.SelectAsync(RepeatAs, triples).ToArrayAsync());
        Assert.Equal(["A", "bb"], await pool.SelectAsync(RepeatAs, triples.ToAsyncEnumerable()).ToArrayAsync());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task Tuples_come_in_order_whatever_the_chunk_size(int? chunkSize)
    {
        await using var pool = new ProcessPool(2);
        var options = new PoolMapOptions { ChunkSize = chunkSize };
        (int, string)[] mixed = [.. Enumerable.Range(0, 1000).Select(number => (number % 3, $"{number}."))]; // travel in messages
        (int, int)[] numbers = [.. Enumerable.Range(0, 1000).Select(number => (number, number % 7))]; // many of them lie in shared memory
        string[] repeated = [.. mixed.Select(pair => Repeat(pair.Item1, pair.Item2))];
        int[] differences = [.. numbers.Select(pair => Subtract(pair.Item1, pair.Item2))];

        Assert.Equal(repeated, pool.Map(Repeat, mixed, options));
        Assert.Equal(repeated, await pool.MapAsync(Repeat, mixed, options));
        Assert.Equal(repeated, await pool.SelectAsync(Repeat, mixed, options).ToArrayAsync());
        Assert.Equal(differences, pool.Map(Subtract, numbers, options));
        Assert.Equal(differences, await pool.MapAsync(Subtract, numbers, options));
        Assert.Equal(differences, await pool.SelectAsync(Subtract, numbers, options).ToArrayAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task Lambdas_over_tuples_need_no_types_and_bring_what_they_capture()
    {
        await using var pool = new ProcessPool(2);
        int factor = 10;

        Assert.Equal(new[] { 30, 120 }, await pool.MapAsync((left, right) => left * right * factor, [(1, 3), (3, 4)]));
        Assert.Equal(["1-3"], await pool.MapAsync((left, right) => $"{left}-{right}", [(1, 3)])); // as would a tuple and a token
        Assert.Equal([(3, 1)], await pool.SelectAsync((left, right) => (right, left), [(1, 3)]).ToArrayAsync());
        Assert.Equal(new[] { 8, 14 }, await pool.MapAsync((first, second, third) => (first * second) + third, [(1, 3, 5), (3, 4, 2)]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Asynchronous_calls_are_awaited_in_every_form()
    {
        await using var pool = new ProcessPool(2);
        int[] items = [1, 2, 3];
        int[] doubled = [2, 4, 6];

        Assert.Equal(doubled, await pool.MapAsync(PoolTasks.DoubleLater, items));
        Assert.Equal(doubled, await pool.SelectAsync(PoolTasks.DoubleLater, items).ToArrayAsync());
        Assert.Equal(doubled, await pool.SelectAsync(PoolTasks.DoubleLater, items.ToAsyncEnumerable()).ToArrayAsync());
        Assert.Equal(doubled, await pool.SelectAsync(static async item => await PoolTasks.DoubleLater(item), items).ToArrayAsync());
        Assert.Equal(doubled, await pool.SelectAsync(DoubleLater, items).ToArrayAsync());
        RemoteException error = await Assert.ThrowsAsync<RemoteException>(async () => await pool.SelectAsync(FailLater, items).ToArrayAsync());
        Assert.Equal("not 2", error.Error.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_map_asks_the_item_that_runs_to_end_and_its_worker_lives_on(bool isAsync)
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        using var cancel = new CancellationTokenSource();
        int worker = await pool.Submit(PoolTasks.ProcessId);
        Task<int[]> all = UntilCancelled(pool, started, isAsync, cancel.Token).ToArrayAsync().AsTask();
        await started.WaitAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal(worker, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_out_of_time_asks_the_item_that_runs_to_end_and_its_worker_lives_on()
    {
        await using var pool = new ProcessPool(s_patient);
        using var started = new ProcessEvent();
        int worker = await pool.Submit(PoolTasks.ProcessId);
        var options = new PoolMapOptions { Chunk = new PoolTaskOptions { Timeout = TimeSpan.FromMilliseconds(200) } };

        await Assert.ThrowsAsync<TimeoutException>(
            () => pool.MapAsync((int _, CancellationToken token) => PoolTasks.UntilCancelled(started, token), new[] { 1 }, options));

        Assert.Equal(worker, await pool.Submit(PoolTasks.ProcessId));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_chunk_is_known_by_the_method_that_the_caller_passed()
    {
        await using var pool = new ProcessPool(1);

        _ = await pool.MapAsync(Repeat, [(1, "a")]);
        _ = await pool.MapAsync(PoolTasks.DoubleLater, [1]);
        WorkerDiedException death = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.MapAsync(Die, [(1, 2, 3)]));

        Assert.Equal(
            ["ItemCallTests.Repeat", "PoolTasks.DoubleLater"],
            pool.GetInsights().SlowestTasks.Select(task => task.Task).Order(StringComparer.Ordinal));
        Assert.Equal("ItemCallTests.Die", death.Task);
    }

    [Fact]
    public void What_no_map_can_call_is_refused_where_it_is_passed()
    {
        using var pool = new ProcessPool(1);

        ArgumentException error = Assert.Throws<ArgumentException>(() => { _ = pool.MapAsync(AddLater, [(1, 2)]); });
        Assert.Contains("ItemCallTests.AddLater returns a Task", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => { _ = pool.SelectAsync(static (int item) => ValueTask.FromResult(item), new[] { 1 }); });
        Assert.Throws<ArgumentNullException>("call", () => { _ = pool.MapAsync((Func<int, int, int>)null!, [(1, 2)]); });
        Assert.Empty(pool.GetInsights().Workers);
    }

    // Apart, so that the lambdas capture nothing else.
    private static IAsyncEnumerable<int> UntilCancelled(ProcessPool pool, ProcessEvent started, bool isAsync, CancellationToken cancellationToken) =>
        isAsync
            ? pool.SelectAsync(
                async (int _, CancellationToken token) =>
                {
                    started.Set();
                    await Task.Delay(Timeout.Infinite, token);
                    return 0;
                },
                new[] { 1 },
                cancellationToken: cancellationToken)
            : pool.SelectAsync(
                (int _, CancellationToken token) => PoolTasks.UntilCancelled(started, token),
                new[] { 1 },
                cancellationToken: cancellationToken);

    private static string Repeat(int count, string text) => string.Concat(Enumerable.Repeat(text, count));

    private static int Subtract(int left, int right) => left - right;

    private static string RepeatAs(int count, string text, bool isUpper) => Repeat(count, isUpper ? text.ToUpperInvariant() : text);

    private static int Die(int first, int second, int third) => first + second + third + PoolTasks.KillSelf();

    private static async Task<int> DoubleLater(int number, CancellationToken cancellationToken)
    {
        await Task.Delay(1, cancellationToken);
        return number * 2;
    }

    private static async Task<int> FailLater(int number)
    {
        await Task.Yield();
        return number == 2 ? throw new InvalidOperationException($"not {number}") : number;
    }

    private static Task<int> AddLater(int left, int right) => Task.FromResult(left + right);
}
