using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class ProcessBarrierTests
{
    [Fact(Timeout = 60_000)]
    public async Task Nobody_passes_before_all_have_arrived_and_each_gets_its_number()
    {
        using var barrier = new ProcessBarrier(5);
        for (int cycle = 0; cycle < 10; cycle++)
        {
            Task<int>[] four = [.. Enumerable.Range(0, 4).Select(i => Arrive(barrier, i % 2 == 0))];
            await Eventually.HoldsAsync(() => barrier.ParticipantsWaiting >= 4);

            Assert.DoesNotContain(four, task => task.IsCompleted);
            int own = await barrier.WaitAsync();
            Assert.Equal([0, 1, 2, 3, 4], (await Task.WhenAll(four)).Append(own).Order());
        }
    }

    [Fact(Timeout = 60_000)]
    public void One_party_never_waits()
    {
        using var barrier = new ProcessBarrier(1);
        Assert.Equal(0, barrier.Wait());
        Assert.Equal(0, barrier.Wait());
        Assert.Equal(1, barrier.ParticipantCount);
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessBarrier(0));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_action_runs_once_per_cycle_before_anyone_passes()
    {
        int runs = 0;
        using var barrier = new ProcessBarrier(3, () => runs++);
        for (int cycle = 1; cycle <= 20; cycle++)
        {
            int[] seen = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
            {
                _ = await Arrive(barrier, i % 2 == 0);
                return runs;
            }));
            Assert.All(seen, value => Assert.Equal(cycle, value));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_action_runs_in_the_process_that_created_the_barrier_whoever_comes_last()
    {
        int runs = 0;
        using var barrier = new ProcessBarrier(2, () => runs++);
        using var worker = WorkerProcess.Create(Cycle, barrier, 50);
        worker.Start();
        for (int cycle = 1; cycle <= 50; cycle++)
        {
            _ = barrier.Wait();
            Assert.Equal(cycle, runs);
        }

        await worker.JoinAsync();
        Assert.Equal(0, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_action_that_throws_breaks_the_barrier()
    {
        using var barrier = new ProcessBarrier(2, () => throw new InvalidDataException("no"));
        Task<int> other = Arrive(barrier, isAsync: true);
        Exception[] errors = [await Error(() => barrier.WaitAsync().AsTask()), await Error(() => other)];
        _ = Assert.Single(errors.OfType<InvalidDataException>());
        Assert.Equal(BarrierBreak.ActionFailed, Assert.Single(errors.OfType<BrokenBarrierException>()).Cause);
        Assert.True(barrier.IsBroken);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_action_breaks_the_barrier_if_only_an_object_without_it_arrives_from_its_process()
    {
        using var barrier = new ProcessBarrier(2, static () => { });
        using ProcessBarrier other = Memory.Wire.Receive<ProcessBarrier>(Memory.Wire.Send(barrier));
        await using WorkerProcess worker = WorkerProcess.Create(CauseOf, barrier);
        worker.Start();

        BrokenBarrierException broken = await Assert.ThrowsAsync<BrokenBarrierException>(() => other.WaitAsync(TimeSpan.FromSeconds(30)).AsTask());

        Assert.Equal(BarrierBreak.ActionMissing, broken.Cause);
        Assert.Equal(BarrierBreak.ActionMissing, await worker.ResultAsync<BarrierBreak>());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_action_whose_process_takes_no_part_breaks_the_barrier()
    {
        using var barrier = new ProcessBarrier(1, () => { });
        using var worker = WorkerProcess.Create(CauseOf, barrier);
        worker.Start();
        Assert.Equal(BarrierBreak.ActionMissing, await worker.ResultAsync<BarrierBreak>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Aborting_sends_all_away_until_a_reset()
    {
        using var barrier = new ProcessBarrier(3);
        Task<int>[] two = [Arrive(barrier, isAsync: true), Arrive(barrier, isAsync: false)];
        await Eventually.HoldsAsync(() => barrier.ParticipantsWaiting >= 2);

        barrier.Abort();
        foreach (Task<int> task in two)
        {
            Assert.Equal(BarrierBreak.Aborted, (await Assert.ThrowsAsync<BrokenBarrierException>(() => task)).Cause);
        }

        Assert.True(barrier.IsBroken);
        _ = await Assert.ThrowsAsync<BrokenBarrierException>(() => barrier.WaitAsync().AsTask());
        barrier.Reset();
        Assert.False(barrier.IsBroken);
        _ = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Arrive(barrier, isAsync: true)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reset_sends_those_who_wait_away_and_makes_it_usable_again()
    {
        using var barrier = new ProcessBarrier(2);
        Task<int> waiting = Arrive(barrier, isAsync: true);
        barrier.Reset();
        Assert.Equal(BarrierBreak.Reset, (await Assert.ThrowsAsync<BrokenBarrierException>(() => waiting)).Cause);
        _ = await Task.WhenAll(Arrive(barrier, isAsync: true), Arrive(barrier, isAsync: true));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_time_out_breaks_it_for_all(bool isDefault)
    {
        using var barrier = new ProcessBarrier(3, timeout: isDefault ? TimeSpan.FromMilliseconds(50) : null);
        Task<int> patient = barrier.WaitAsync(Timeout.InfiniteTimeSpan).AsTask();
        Task<int> hasty = barrier.WaitAsync(isDefault ? null : TimeSpan.FromMilliseconds(50)).AsTask();
        Assert.Equal(BarrierBreak.Timeout, (await Assert.ThrowsAsync<BrokenBarrierException>(() => hasty)).Cause);
        Assert.Equal(BarrierBreak.Timeout, (await Assert.ThrowsAsync<BrokenBarrierException>(() => patient)).Cause);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_cancelled_party_breaks_it_for_the_others()
    {
        using var barrier = new ProcessBarrier(3);
        using var stop = new CancellationTokenSource();
        Task<int> patient = barrier.WaitAsync().AsTask();
        Task<int> cancelled = barrier.WaitAsync(null, stop.Token).AsTask();
        await stop.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(BarrierBreak.Cancelled, (await Assert.ThrowsAsync<BrokenBarrierException>(() => patient)).Cause);
    }

    [Fact(Timeout = 120_000)]
    public async Task Processes_pass_a_thousand_cycles_in_step()
    {
        const int Cycles = 1000;
        using var barrier = new ProcessBarrier(4);
        using var arrivals = new ProcessSemaphore(0);
        WorkerProcess[] workers = [.. Enumerable.Range(0, 3).Select(_ => WorkerProcess.Create(CountAndCycle, arrivals, barrier, Cycles))];
        Array.ForEach(workers, worker => worker.Start());
        for (int cycle = 1; cycle <= Cycles; cycle++)
        {
            _ = barrier.Wait();
            Assert.Equal(3 * cycle, arrivals.CurrentCount);
            _ = barrier.Wait();
        }

        await Task.WhenAll(workers.Select(worker => worker.JoinAsync()));
        Assert.All(workers, worker => Assert.Equal(0, worker.ExitCode));
        Array.ForEach(workers, worker => worker.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_party_that_is_killed_while_it_waits_breaks_it_and_is_named()
    {
        using var barrier = new ProcessBarrier(3);
        using var worker = WorkerProcess.Create(Cycle, barrier, 1);
        worker.Start();
        Task<int> waiting = Arrive(barrier, isAsync: true);
        await Eventually.HoldsAsync(() => barrier.ParticipantsWaiting >= 2);

        worker.Kill();
        BrokenBarrierException broken = await Assert.ThrowsAsync<BrokenBarrierException>(() => waiting);
        Assert.Equal(BarrierBreak.ProcessEnded, broken.Cause);
        Assert.Equal(worker.ProcessId, broken.ProcessId);
        Assert.Contains($"{worker.ProcessId}", broken.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_party_that_was_killed_between_two_cycles_is_not_waited_for()
    {
        using var barrier = new ProcessBarrier(2);
        using var passed = new ProcessEvent();
        using var worker = WorkerProcess.Create(CycleAndHang, barrier, passed);
        worker.Start();
        _ = barrier.Wait();
        Assert.True(passed.Wait());
        Task<int> waiting = Arrive(barrier, isAsync: false);
        worker.Kill();
        Assert.Equal(worker.ProcessId, (await Assert.ThrowsAsync<BrokenBarrierException>(() => waiting)).ProcessId);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_party_that_disposes_of_it_may_be_replaced()
    {
        using var barrier = new ProcessBarrier(2);
        for (int i = 0; i < 3; i++)
        {
            using var worker = WorkerProcess.Create(CycleAndLeave, barrier);
            worker.Start();
            _ = barrier.Wait();
            await worker.JoinAsync();
        }

        Assert.False(barrier.IsBroken);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("lock.taken")]
    [InlineData("barrier.arrived")]
    [InlineData("barrier.before-end")]
    [InlineData("barrier.after-end")]
    [InlineData("barrier.emptied")]
    [InlineData("monitor.before-exit")]
    [InlineData("lock.before-free")]
    [InlineData("monitor.before-wake")]
    public async Task A_kill_in_the_middle_of_arriving_last_leaves_nobody_waiting(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var barrier = new ProcessBarrier(3);
        using var go = new ProcessEvent();
        using var worker = WorkerProcess.Create(DieArriving, barrier, go, place);
        worker.Start();
        _ = await Task.WhenAll(Arrive(barrier, isAsync: true), Arrive(barrier, isAsync: false));
        Task<int>[] two = [Arrive(barrier, isAsync: true), Arrive(barrier, isAsync: false)];
        await Eventually.HoldsAsync(() => barrier.ParticipantsWaiting >= 2);

        await Task.Delay(20);
        go.Set();
        await worker.JoinAsync();
        Assert.NotEqual(0, worker.ExitCode);
        Exception?[] errors = [await Record.ExceptionAsync(() => two[0]), await Record.ExceptionAsync(() => two[1])];
        Assert.Equal(errors[0] is null, errors[1] is null);
        Assert.All(errors.OfType<Exception>(), error => Assert.Equal(worker.ProcessId, Assert.IsType<BrokenBarrierException>(error).ProcessId));
        barrier.Reset();
        _ = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Arrive(barrier, isAsync: true)));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_cannot_arrive_because_another_process_is_held_up_inside_keeps_to_its_time()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var barrier = new ProcessBarrier(2);
        using var inside = new ProcessEvent();
        using var goOn = new ProcessEvent();
        using var worker = WorkerProcess.Create(ResetHeldUp, barrier, inside, goOn);
        worker.Start();
        Assert.True(inside.Wait());
        _ = Assert.Throws<TimeoutException>(() => barrier.Wait(TimeSpan.FromMilliseconds(50)));
        _ = await Assert.ThrowsAsync<TimeoutException>(() => barrier.WaitAsync(TimeSpan.Zero).AsTask());
        using var stop = new CancellationTokenSource(50);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => barrier.WaitAsync(null, stop.Token).AsTask());
        goOn.Set();
        await worker.JoinAsync();
        Assert.False(barrier.IsBroken);
        _ = await Task.WhenAll(Arrive(barrier, isAsync: true), Arrive(barrier, isAsync: false));
    }

    private static void ResetHeldUp(ProcessBarrier barrier, ProcessEvent inside, ProcessEvent goOn)
    {
        CrashPoint.Arm("monitor.before-exit", () =>
        {
            inside.Set();
            _ = goOn.Wait();
        });
        barrier.Reset();
    }

    private static Task<int> Arrive(ProcessBarrier barrier, bool isAsync) => isAsync
        ? barrier.WaitAsync().AsTask()
        : Task.Factory.StartNew(() => barrier.Wait(), TaskCreationOptions.LongRunning);

    private static async Task<Exception> Error(Func<Task> run) => (await Record.ExceptionAsync(run))!;

    private static void Cycle(ProcessBarrier barrier, int cycles)
    {
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            _ = barrier.Wait();
        }
    }

    private static void CountAndCycle(ProcessSemaphore arrivals, ProcessBarrier barrier, int cycles)
    {
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            arrivals.Release();
            _ = barrier.Wait();
            _ = barrier.Wait();
        }
    }

    private static void CycleAndHang(ProcessBarrier barrier, ProcessEvent passed)
    {
        _ = barrier.Wait();
        passed.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static void CycleAndLeave(ProcessBarrier barrier)
    {
        _ = barrier.Wait();
        barrier.Dispose();
    }

    private static BarrierBreak CauseOf(ProcessBarrier barrier)
    {
        try
        {
            _ = barrier.Wait();
            return BarrierBreak.None;
        }
        catch (BrokenBarrierException error)
        {
            return error.Cause;
        }
    }

    private static void DieArriving(ProcessBarrier barrier, ProcessEvent go, string place)
    {
        _ = barrier.Wait();
        _ = go.Wait();
        CrashPoint.Arm(place);
        _ = barrier.Wait();
    }
}
