using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class CompletingTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_pool_that_nobody_waits_for_as_it_completes_finishes_its_tasks_and_ends_its_workers()
    {
        var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int>[] tasks = [.. Enumerable.Range(0, 20).Select(number => pool.Submit(PoolTasks.Double, number))];

        _ = pool.CompleteAsync();
        gate.Set();

        Assert.Equal(Enumerable.Range(0, 20).Select(PoolTasks.Double), await Task.WhenAll(tasks));
        _ = await held;
        await Eventually.HoldsAsync(() => pool.GetInsights().Workers.Count == 0);
    }

    [Fact(Timeout = 60_000)]
    public async Task Completing_right_after_a_task_was_submitted_and_cancelled_ends()
    {
        for (int time = 0; time < Wine.Times(20); time++)
        {
            using var cancel = new CancellationTokenSource();
            await using var pool = new ProcessPool(1);
            Task<int> task = pool.Submit(PoolTasks.Double, 21, cancellationToken: cancel.Token);

            await cancel.CancelAsync();
            await pool.CompleteAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_failed_map_with_large_errors_does_not_keep_its_pool_from_completing()
    {
        await using var pool = new ProcessPool(2);

        await Assert.ThrowsAsync<RemoteException>(
            () => pool.MapAsync(FailAtLength, Enumerable.Range(0, 8), new PoolMapOptions { ChunkSize = 1 }));
        await pool.CompleteAsync();

        Assert.Empty(pool.GetInsights().Workers);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_whose_task_could_not_travel_completes()
    {
        await using var pool = new ProcessPool(1);
        Func<Unserializable, int> call = _ => 0;
        Task<int> before = pool.Submit(PoolTasks.Double, 21);

        Assert.Throws<MessageSerializationException>(() => { _ = pool.Submit(call, new Unserializable()); });
        await pool.CompleteAsync();

        Assert.Equal(42, await before);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_cannot_travel_while_its_pool_completes_does_not_keep_it()
    {
        await using var pool = new ProcessPool(1);
        using var gate = new ProcessEvent();
        Func<Unserializable, int> call = _ => 0;
        Task<Unserializable> task = pool.Submit(UnserializableAfter, gate);

        Task completed = pool.CompleteAsync();
        Assert.Throws<MessageSerializationException>(() => { _ = pool.Submit(call, new Unserializable()); });
        Assert.False(completed.IsCompleted);
        gate.Set();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => task);
        Assert.Equal(typeof(MessageSerializationException).FullName, error.Error.TypeName);
        await completed;
        Assert.Equal(0, Assert.Single(pool.GetInsights().EndedWorkers).ExitCode);
    }

    private static Unserializable UnserializableAfter(ProcessEvent gate)
    {
        gate.Wait();
        return new Unserializable();
    }

    private static int FailAtLength(int number) =>
        throw new InvalidOperationException(new string('x', 1 << 20) + number.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
