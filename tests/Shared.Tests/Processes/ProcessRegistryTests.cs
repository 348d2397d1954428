using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class ProcessRegistryTests
{
    [Fact(Timeout = 60_000)]
    public async Task It_lists_a_running_worker_with_what_it_runs_and_not_one_that_has_ended()
    {
        DateTimeOffset before = DateTimeOffset.Now;
        Waiting waiting = await Waiting.StartAsync();
        await using (waiting)
        {
            WorkerProcess worker = waiting.Process;
            RunningWorker listed = Assert.Single(ProcessRegistry.List(), one => one.ProcessId == worker.ProcessId);

            Assert.Equal(worker.Name, listed.Name);
            Assert.Equal(Environment.ProcessId, listed.ParentProcessId);
            Assert.Equal("Waiting.UntilClosed", listed.Call);
            Assert.InRange(listed.StartTime, before.AddSeconds(-2), DateTimeOffset.Now.AddSeconds(2));
            Assert.True(listed.ProcessorTime > TimeSpan.Zero);
            Assert.True(listed.WorkingSet > 1 << 20);

            waiting.Connection.Dispose();
            await worker.JoinAsync();

            Assert.DoesNotContain(ProcessRegistry.List(), one => one.ProcessId == worker.ProcessId);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task It_lists_the_workers_of_workers_under_their_parents()
    {
        var (here, there) = Pipe.Create();
        using (here)
        await using (var worker = WorkerProcess.Create(StartOneAndWait, there))
        {
            worker.Start();
            int grandchild = await here.ReceiveAsync<int>();

            RunningWorker listed = Assert.Single(ProcessRegistry.List(), one => one.ProcessId == grandchild);

            Assert.Equal(worker.Name + ":1", listed.Name);
            Assert.Equal(worker.ProcessId, listed.ParentProcessId);
            Assert.Equal("ProcessRegistryTests.StartOneAndWait (lambda)", listed.Call);
            here.Dispose();
            await worker.JoinAsync();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_with_every_kind_of_character_are_listed_as_they_are()
    {
        var worker = WorkerProcess.Create(() => new ManualResetEvent(false).WaitOne());
        worker.Name = "a \"quoted\" name, with 'spaces', $HOME and ünïcödé 🎈 \\ \n and a line";
        await using (worker)
        {
            worker.Start();

            Assert.Contains(ProcessRegistry.List(), one => one.ProcessId == worker.ProcessId && one.Name == worker.Name);
        }
    }

    private static void StartOneAndWait(Connection connection)
    {
        using var child = new WorkerProcess(() => new ManualResetEvent(false).WaitOne()) { IsDaemon = true };
        child.Start();
        connection.Send(child.ProcessId!.Value);
        while (!connection.Poll(Timeout.InfiniteTimeSpan))
        {
        }
    }
}
