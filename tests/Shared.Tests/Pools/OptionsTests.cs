using IpcDemos.Shared.Pools;

namespace IpcDemos.Shared.Tests.Pools;

// What is refused where it is given, rather than where it would do harm.
public sealed class OptionsTests
{
    private static readonly TimeSpan[] s_senseless = [TimeSpan.Zero, TimeSpan.FromMilliseconds(-1), TimeSpan.FromDays(50), TimeSpan.MaxValue];

    private static readonly Dictionary<string, Action[]> s_refused = new()
    {
        [nameof(ProcessPoolOptions.WorkerCount)] =
            [.. Counts(0, -1).Select(count => (Action)(() => _ = new ProcessPool(count))), () => _ = new ProcessPoolOptions { WorkerCount = 0 }],
        [nameof(ProcessPoolOptions.StartAttempts)] =
            [.. Counts(0, -1).Select(count => (Action)(() => _ = new ProcessPoolOptions { StartAttempts = count }))],
        [nameof(ProcessPoolOptions.TasksPerWorker)] =
            [.. Counts(0, -1).Select(count => (Action)(() => _ = new ProcessPoolOptions { TasksPerWorker = count }))],
        [nameof(ProcessPoolOptions.MaximumMemory)] =
            [.. Counts(0, -1).Select(count => (Action)(() => _ = new ProcessPoolOptions { MaximumMemory = count }))],
        [nameof(ProcessPoolOptions.Retries)] =
            [() => _ = new ProcessPoolOptions { Retries = -1 }, () => _ = new PoolTaskOptions { Retries = -1 }],
        [nameof(PoolMapOptions.ChunkSize)] =
            [.. Counts(0, -1).Select(count => (Action)(() => _ = new PoolMapOptions { ChunkSize = count }))],
        [nameof(PoolMapOptions.Window)] =
            [.. Counts(0, -1).Select(count => (Action)(() => _ = new PoolMapOptions { Window = count }))],
        [nameof(ProcessPoolOptions.IdleTimeout)] =
            [.. s_senseless.Select(time => (Action)(() => _ = new ProcessPoolOptions { IdleTimeout = time }))],
        [nameof(ProcessPoolOptions.TaskTimeout)] =
            [.. s_senseless.Select(time => (Action)(() => _ = new ProcessPoolOptions { TaskTimeout = time }))],
        [nameof(PoolTaskOptions.Timeout)] =
            [.. s_senseless.Select(time => (Action)(() => _ = new PoolTaskOptions { Timeout = time }))],
        [nameof(ProcessPoolOptions.ReportAfter)] =
            [.. s_senseless.Select(time => (Action)(() => _ = new ProcessPoolOptions { ReportAfter = time }))],
        [nameof(ProcessPoolOptions.CancellationGrace)] =
            [.. s_senseless.Skip(1).Select(time => (Action)(() => _ = new ProcessPoolOptions { CancellationGrace = time }))],
    };

    public static TheoryData<string> Refused => [.. s_refused.Keys];

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_value_that_makes_no_sense_is_refused(string option) =>
        Assert.All(s_refused[option], give => Assert.ThrowsAny<ArgumentOutOfRangeException>(give));

    [Fact]
    public void A_size_that_makes_no_sense_is_refused()
    {
        using var pool = new ProcessPool(2);

        Assert.All(Counts(0, -1), count => Assert.Throws<ArgumentOutOfRangeException>(() => pool.Resize(count)));

        Assert.Equal(2, pool.WorkerCount);
    }

    [Fact]
    public void No_call_is_refused()
    {
        using var pool = new ProcessPool(1);

        Assert.Throws<ArgumentNullException>("call", () => { _ = pool.Submit((Func<int>)null!); });
        Assert.Throws<ArgumentNullException>("call", () => { _ = pool.Submit((Action)null!); });
        Assert.Throws<ArgumentNullException>("call", () => { _ = pool.Invoke((Func<int>)null!); });
        Assert.Throws<ArgumentNullException>("arguments", () => { _ = pool.Submit<int>(PoolTasks.ProcessId, null!); });
        Assert.Throws<ArgumentNullException>("arguments", () => { _ = pool.Invoke<int>(PoolTasks.ProcessId, null!); });
        Assert.Empty(pool.GetInsights().Workers);
    }

    [Fact]
    public void A_token_that_is_cancelled_already_is_told_of_where_it_is_given()
    {
        using var pool = new ProcessPool(1);
        var cancelled = new CancellationToken(canceled: true);

        Assert.Throws<OperationCanceledException>(() => { _ = pool.Submit(PoolTasks.Double, 21, cancellationToken: cancelled); });
        Assert.Throws<OperationCanceledException>(() => { _ = pool.Invoke(PoolTasks.Double, 21, cancellationToken: cancelled); });
        Assert.Empty(pool.GetInsights().Workers);
    }

    [Fact]
    public void There_are_as_many_workers_as_processors_unless_told_otherwise()
    {
        using var pool = new ProcessPool();

        Assert.Equal(Environment.ProcessorCount, pool.WorkerCount);
    }

    private static int[] Counts(params int[] counts) => counts;
}
