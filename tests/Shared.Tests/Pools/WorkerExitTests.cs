using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

// The ways in which a worker can end, and what is told of each.
public sealed class WorkerExitTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(UnixSignal.Kill, "may have run out of memory")]
    [InlineData(UnixSignal.Terminate, "SIGTERM")]
    public async Task A_worker_that_is_killed_from_outside_is_named_with_how_it_ended(int signal, string words)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        using var started = new ProcessEvent();
        using var process = new SharedValue<int>();
        Task<int> held = pool.Submit(PoolTasks.WaitFor, gate);
        Task<int> task = pool.Submit(NoteAndStay, process, started);
        await started.WaitAsync();

        UnixSignal.Send(process.Value, signal);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => task);
        Assert.Equal(process.Value, error.ProcessId);
        Assert.Equal(-signal, error.ExitCode);
        Assert.Contains($"PID {process.Value}", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        gate.Set();
        Assert.NotEqual(process.Value, await held);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_task_that_exits_fails_with_its_code_and_its_last_lines(int code)
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.Exit, code));

        Assert.Equal(code, error.ExitCode);
        Assert.Contains($"exit code {code}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"before PoolTasks.Exit({code}) did", error.Message, StringComparison.Ordinal);
        Assert.Equal($"{code}", error.Arguments);
        Assert.Contains("leaving in the middle of it", error.LastErrorLines, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stack_overflow_fails_its_task_only()
    {
        Wine.SkipHere("a stack overflow does not end the process.");
        await using var pool = new ProcessPool(1);

        await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(PoolTasks.Overflow, 0));

        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_runs_out_of_memory_fails_with_that_and_no_other_does()
    {
        await using var pool = new ProcessPool(2);
        using var gate = new ProcessEvent();
        Task<int> other = pool.Submit(PoolTasks.WaitFor, gate);

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => pool.Submit(PoolTasks.Hoard));
        gate.Set();

        Assert.Equal(typeof(OutOfMemoryException).FullName, error.Error.TypeName);
        _ = await other;
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_fails_fast_fails_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it may ask the user.");
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(FailFast, "nothing makes sense"));

        Assert.Contains("killed by signal 6 (SIGABRT", error.Message, StringComparison.Ordinal);
        Assert.Contains("nothing makes sense", error.LastErrorLines, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_crash_in_native_code_fails_its_task_only()
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(NativeCrash.Now));

        Assert.True(OperatingSystem.IsWindows() || error.ExitCode == -UnixSignal.SegmentationFault, error.Message);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_on_another_thread_of_a_worker_fails_its_task_only()
    {
        await using var pool = new ProcessPool(1);

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(FailOnAnotherThread));

        Assert.Equal(1, error.ExitCode);
        Assert.Contains("not on the task's own thread", error.LastErrorLines, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    private static int NoteAndStay(SharedValue<int> process, ProcessEvent started)
    {
        process.Value = Environment.ProcessId;
        started.Set();
        return PoolTasks.Forever();
    }

    private static int FailOnAnotherThread()
    {
        new Thread(static () => throw new InvalidOperationException("not on the task's own thread")).Start();
        return PoolTasks.Forever();
    }

    private static int FailFast(string message)
    {
        Environment.FailFast(message);
        return 0;
    }
}
