using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Platform;

public sealed class ProcessWatchTests
{
    [Fact(Timeout = 60_000)]
    public async Task Tells_all_who_watch_a_process_that_it_was_killed_and_how()
    {
        using WorkerProcess worker = StartHanging();
        ProcessIdentity identity = ProcessIdentity.Of(worker.ProcessId!.Value)!.Value;
        var watch = ProcessWatch.On(identity);
        Assert.False(watch.HasEnded);
        Assert.True(identity.IsAlive);
        Assert.Same(watch, ProcessWatch.On(identity));
        var first = new TaskCompletionSource();
        var second = new TaskCompletionSource();
        Action never = () => Assert.Fail("It was unsubscribed.");
        watch.Subscribe(first.SetResult);
        watch.Subscribe(never);
        watch.Subscribe(second.SetResult);
        watch.Unsubscribe(never);
        worker.Kill();
        await Task.WhenAll(first.Task, second.Task);
        Assert.True(watch.HasEnded);
        Assert.False(identity.IsAlive);
        Assert.True(watch.ExitCode is null or -9 || OperatingSystem.IsWindows());
        var late = new TaskCompletionSource();
        watch.Subscribe(late.SetResult);
        Assert.True(late.Task.IsCompleted);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_has_ended_is_known_to_have()
    {
        using WorkerProcess worker = StartHanging();
        ProcessIdentity identity = ProcessIdentity.Of(worker.ProcessId!.Value)!.Value;
        worker.Kill();
        await worker.JoinAsync();
        Assert.True(ProcessWatch.On(identity).HasEnded);
        Assert.False(identity.IsAlive);
    }

    [Fact(Timeout = 60_000)]
    public void A_process_with_the_same_number_but_another_start_is_another()
    {
        using WorkerProcess worker = StartHanging();
        ProcessIdentity identity = ProcessIdentity.Of(worker.ProcessId!.Value)!.Value;
        ProcessIdentity earlier = identity with { StartTime = identity.StartTime - 1 };
        Assert.False(earlier.IsAlive);
        Assert.True(ProcessWatch.On(earlier).HasEnded);
        Assert.True(identity.IsAlive);
        worker.Kill();
    }

    private static WorkerProcess StartHanging()
    {
        using var started = new ProcessEvent();
        var worker = WorkerProcess.Create(Hang, started);
        worker.Start();
        Assert.True(started.Wait());
        return worker;
    }

    private static void Hang(ProcessEvent started)
    {
        started.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }
}
