using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessEventTests
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    [Fact(Timeout = 60_000)]
    public async Task Is_waited_for_until_it_is_set_and_again_after_a_reset()
    {
        using var happened = new ProcessEvent();
        Assert.False(happened.IsSet);
        Assert.False(happened.Wait(TimeSpan.Zero));
        Assert.False(happened.Wait(s_moment));
        Assert.False(await happened.WaitAsync(s_moment));
        happened.Set();
        happened.Set();
        Assert.True(happened.IsSet);
        Assert.True(happened.Wait(TimeSpan.Zero));
        Assert.True(await happened.WaitAsync());
        happened.Reset();
        happened.Reset();
        Assert.False(happened.Wait(TimeSpan.FromSeconds(-1)));
        Assert.Equal("ProcessEvent (not set)", happened.ToString());
    }

    [Fact(Timeout = 60_000)]
    public void Can_be_set_from_the_beginning()
    {
        using var happened = new ProcessEvent(isSet: true);
        Assert.True(happened.Wait(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_sees_it_set_and_sets_it_in_its_turn()
    {
        using var ping = new ProcessEvent();
        using var pong = new ProcessEvent();
        using var worker = WorkerProcess.Create(Answer, ping, pong);
        worker.Start();
        Assert.False(pong.IsSet);
        ping.Set();
        Assert.True(await pong.WaitAsync());
        await worker.JoinAsync();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Setting_releases_all_who_wait_even_if_it_is_reset_at_once(bool isAsync)
    {
        using var happened = new ProcessEvent();
        for (int round = 0; round < 20; round++)
        {
            Task<bool>[] waits = [.. Enumerable.Range(0, 5).Select(_ => isAsync
                ? happened.WaitAsync().AsTask()
                : Task.Factory.StartNew(() => happened.Wait(), TaskCreationOptions.LongRunning))];
            await Task.Delay(isAsync ? 1 : 20);
            happened.Set();
            happened.Reset();
            if (isAsync)
            {
                Assert.All(await Task.WhenAll(waits), Assert.True);
            }
            else
            {
                // A thread that had not yet begun to wait is not owed anything.
                happened.Set();
                Assert.All(await Task.WhenAll(waits), Assert.True);
                happened.Reset();
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wait_can_be_cancelled()
    {
        using var happened = new ProcessEvent();
        using var stop = new CancellationTokenSource(s_moment);
        _ = Assert.ThrowsAny<OperationCanceledException>(() => happened.Wait(null, stop.Token));
        using var stopLater = new CancellationTokenSource(s_moment);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => happened.WaitAsync(null, stopLater.Token).AsTask());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_thousand_flows_wait_for_a_hundred_and_fifty_events_at_once()
    {
        ProcessEvent[] events = [.. Enumerable.Range(0, 150).Select(_ => new ProcessEvent())];
        Task<bool>[] waits = [.. Enumerable.Range(0, 1000).Select(i => events[i % events.Length].WaitAsync().AsTask())];
        foreach (ProcessEvent happened in events)
        {
            happened.Set();
        }

        Assert.All(await Task.WhenAll(waits), Assert.True);
        Array.ForEach(events, happened => happened.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task Waiters_that_are_killed_do_not_disturb_the_others()
    {
        using var happened = new ProcessEvent();
        using var started = new ProcessSemaphore(0);
        WorkerProcess[] workers = [.. Enumerable.Range(0, 3).Select(_ => WorkerProcess.Create(SignalAndWait, started, happened))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, _ => started.Acquire());
        workers[0].Kill();
        workers[1].Kill();
        happened.Set();
        await workers[2].JoinAsync();
        Assert.Equal(0, workers[2].ExitCode);
        Array.ForEach(workers, worker => worker.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_killed_while_setting_has_set_it_for_all_or_for_nobody()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var happened = new ProcessEvent();
        Task<bool> waiting = happened.WaitAsync().AsTask();
        using var worker = WorkerProcess.Create(DieSetting, happened);
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(happened.IsSet, await Task.WhenAny(waiting, Task.Delay(s_moment)) == waiting);
        happened.Set();
        Assert.True(await waiting);
    }

    private static void Answer(ProcessEvent ping, ProcessEvent pong)
    {
        _ = ping.Wait();
        pong.Set();
    }

    private static void SignalAndWait(ProcessSemaphore started, ProcessEvent happened)
    {
        started.Release();
        _ = happened.Wait();
    }

    private static void DieSetting(ProcessEvent happened)
    {
        CrashPoint.Arm("event.before-wake");
        happened.Set();
    }
}
