using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Which processes a barrier counts on: from when, until when, and through which of their objects.</summary>
public sealed class ProcessBarrierMemberTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact(Timeout = 60_000)]
    public async Task One_for_which_there_is_no_room_can_abort_and_reset_but_not_take_part()
    {
        using var barrier = new ProcessBarrier(3);
        using var worker = WorkerProcess.Create(CauseOf, barrier);
        worker.Start();
        while (barrier.ParticipantsWaiting == 0)
        {
            await Task.Yield();
        }

        FillWith(ProcessIdentity.Of(worker.ProcessId!.Value)!.Value, barrier);
        Assert.Contains("128", Assert.Throws<InvalidOperationException>(() => barrier.Wait()).Message, StringComparison.Ordinal);
        barrier.Abort();
        Assert.Equal(BarrierBreak.Aborted, await worker.ResultAsync<BarrierBreak>().WaitAsync(s_patience));
        Assert.True(barrier.IsBroken);
        barrier.Reset();
        Assert.False(barrier.IsBroken);
        await worker.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_party_stays_one_when_another_object_of_its_process_resets_the_barrier_meanwhile()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using var barrier = new ProcessBarrier(2);
        using var isReset = new ProcessEvent();
        using var hasReturned = new ProcessEvent();
        using var worker = WorkerProcess.Create(PassAmidReset, barrier, Memory.Wire.Send(barrier), isReset, hasReturned);
        worker.Start();
        Assert.True(isReset.Wait(s_patience));
        _ = await barrier.WaitAsync().AsTask().WaitAsync(s_patience);
        Assert.True(hasReturned.Wait(s_patience));
        Task<int> waiting = barrier.WaitAsync().AsTask();
        worker.Kill();
        BrokenBarrierException broken = await Assert.ThrowsAsync<BrokenBarrierException>(() => waiting.WaitAsync(s_patience));
        Assert.Equal(worker.ProcessId, broken.ProcessId);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposing_of_it_ends_the_waits_on_it_and_breaks_it_for_the_others(bool isAsync)
    {
        using var barrier = new ProcessBarrier(3);
        using var worker = WorkerProcess.Create(CauseOf, barrier);
        worker.Start();
        Task<int> waiting = isAsync
            ? barrier.WaitAsync().AsTask()
            : Task.Factory.StartNew(() => barrier.Wait(), TaskCreationOptions.LongRunning);
        while (barrier.ParticipantsWaiting < 2)
        {
            await Task.Yield();
        }

        barrier.Dispose();
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(s_patience));
        Assert.Equal(BarrierBreak.Cancelled, await worker.ResultAsync<BarrierBreak>().WaitAsync(s_patience));
        await worker.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposing_of_an_object_is_no_matter_to_the_waits_on_another_of_the_same_process()
    {
        using var barrier = new ProcessBarrier(2);
        ProcessBarrier other = Memory.Wire.Receive<ProcessBarrier>(Memory.Wire.Send(barrier));
        Task<int>[] both = [barrier.WaitAsync().AsTask(), other.WaitAsync().AsTask()];
        _ = await Task.WhenAll(both).WaitAsync(s_patience);
        Task<int> waiting = barrier.WaitAsync().AsTask();
        other.Dispose();
        Assert.False(barrier.IsBroken);
        using var worker = WorkerProcess.Create(CauseOf, barrier);
        worker.Start();
        Assert.Equal(BarrierBreak.None, await worker.ResultAsync<BarrierBreak>().WaitAsync(s_patience));
        _ = await waiting.WaitAsync(s_patience);
        await worker.JoinAsync();
    }

    private static unsafe void FillWith(ProcessIdentity process, ProcessBarrier barrier)
    {
        var reader = new MessagePackReader(MessageSerializer.Serialize(barrier));
        using SharedBlock block = SharedBlock.Read(ref reader);
        var monitor = (MonitorState*)block.Pointer;
        var members = (Member*)(block.Pointer + sizeof(MonitorState) + sizeof(BarrierState));
        for (; monitor->MemberCount < SharedMonitor.MaximumMembers; monitor->MemberCount++)
        {
            members[monitor->MemberCount].Process = process.Packed;
        }
    }

    private static BarrierBreak CauseOf(ProcessBarrier barrier)
    {
        try
        {
            _ = barrier.Wait();
            return BarrierBreak.None;
        }
        catch (BrokenBarrierException broken)
        {
            return broken.Cause;
        }
    }

    private static void PassAmidReset(ProcessBarrier barrier, string other, ProcessEvent isReset, ProcessEvent hasReturned)
    {
        CrashPoint.Arm("barrier.changed", () =>
        {
            isReset.Set();
            _ = barrier.Wait();
        });
        Memory.Wire.Receive<ProcessBarrier>(other).Reset();
        hasReturned.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }
}
