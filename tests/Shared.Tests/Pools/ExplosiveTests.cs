using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Pools;

// Arguments and results whose own code fails, or ends the process, while they are read or written.
public sealed class ExplosiveTests
{
    [Fact(Timeout = 60_000)]
    public async Task An_argument_that_throws_as_it_is_read_fails_its_task_and_no_worker_is_lost()
    {
        await using var pool = new ProcessPool(1);
        int process = await pool.Submit(PoolTasks.ProcessId);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(
            () => pool.Submit(Take, new Explosive { Arriving = "throw" }));

        Assert.Contains("went off", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("exit")]
    [InlineData("kill")]
    public async Task An_argument_that_ends_the_worker_as_it_is_read_fails_its_task_only(string how)
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(
            () => pool.Submit(Take, new Explosive { Arriving = how }));

        Assert.Equal("ExplosiveTests.Take", error.Task);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_throws_as_it_is_written_fails_its_task_and_no_worker_is_lost()
    {
        await using var pool = new ProcessPool(1);
        int process = await pool.Submit(PoolTasks.ProcessId);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(Leave, "throw"));

        Assert.Contains("went off", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("exit")]
    [InlineData("kill")]
    public async Task A_result_that_ends_the_worker_as_it_is_written_fails_its_task_only(string how)
    {
        await using var pool = new ProcessPool(1);

        _ = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(Leave, how));

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_cannot_be_read_here_fails_its_task_and_no_worker_is_lost()
    {
        await using var pool = new ProcessPool(1);
        int process = await pool.Submit(PoolTasks.ProcessId);

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => pool.Submit(Return, "throw"));

        Assert.Contains("went off", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(process, await pool.Submit(PoolTasks.ProcessId));
    }

    private static int Take(Explosive explosive) => explosive.Arriving?.Length ?? 0;

    private static Explosive Leave(string how) => new() { Leaving = how };

    private static Explosive Return(string how) => new() { Returning = how };
}
