using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>The table of members, without an object to it.</summary>
public sealed class SharedMonitorTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_full_table_has_room_again_when_members_have_ended()
    {
        ProcessIdentity ended = await EndedProcessAsync();
        using var owner = new Owner();
        owner.Fill(index => ended with { StartTime = ended.StartTime + (uint)index });
        owner.Monitor.Enter();
        Assert.False(owner.HasCurrent);
        owner.Monitor.Self.Value = 5;
        Assert.True(owner.HasCurrent);
        Assert.Equal(SharedMonitor.MaximumMembers, owner.Removed.Count);
        Assert.All(owner.Removed, end => Assert.Equal(ended.ProcessId, end.ProcessId));
        _ = owner.Monitor.Exit();
    }

    [Fact(Timeout = 60_000)]
    public void A_table_full_of_live_members_takes_no_more()
    {
        using var started = new ProcessEvent();
        using var worker = WorkerProcess.Create(Hang, started);
        worker.Start();
        Assert.True(started.Wait());
        ProcessIdentity live = ProcessIdentity.Of(worker.ProcessId!.Value)!.Value;
        using var owner = new Owner();
        owner.Fill(_ => live);
        owner.Monitor.Enter();
        Assert.False(owner.Monitor.TryJoin());
        Assert.Contains("128", Assert.Throws<InvalidOperationException>(() => { _ = owner.Monitor.Self; }).Message, StringComparison.Ordinal);
        _ = owner.Monitor.Exit();
        Assert.Empty(owner.Removed);
        worker.Kill();
    }

    private static async Task<ProcessIdentity> EndedProcessAsync()
    {
        using var started = new ProcessEvent();
        using var worker = WorkerProcess.Create(Hang, started);
        worker.Start();
        Assert.True(await started.WaitAsync());
        ProcessIdentity identity = ProcessIdentity.Of(worker.ProcessId!.Value)!.Value;
        worker.Kill();
        await worker.JoinAsync();
        return identity;
    }

    private static void Hang(ProcessEvent started)
    {
        started.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private sealed unsafe class Owner : IMonitored, IDisposable
    {
        private readonly SharedLifetime _lifetime;

        public Owner()
        {
            _lifetime = new SharedLifetime(SharedBlock.Allocate((nuint)SharedMonitor.ByteSize), this);
            Monitor = new SharedMonitor(_lifetime, this);
        }

        public SharedMonitor Monitor { get; }

        public List<Abandonment> Removed { get; } = [];

        public bool HasCurrent => Monitor.Members.ToArray().Any(static member => member.Process == ProcessIdentity.Current.Packed);

        public void Fill(Func<int, ProcessIdentity> member)
        {
            ((MonitorState*)_lifetime.Block.Pointer)->MemberCount = SharedMonitor.MaximumMembers;
            for (int index = 0; index < SharedMonitor.MaximumMembers; index++)
            {
                Monitor.Members[index].Process = member(index).Packed;
            }
        }

        public void Repair(Abandonment abandonment) => Assert.Fail("Nobody has died inside.");

        public void RemoveEnded(int index, Abandonment end)
        {
            Removed.Add(end);
            SharedMonitor.Remove(ref Monitor.Members[index]);
        }

        public void Dispose() => _lifetime.Dispose();
    }
}
