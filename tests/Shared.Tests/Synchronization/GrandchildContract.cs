using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Whatever way an object comes to a worker of a worker, it is the same object there.</summary>
public abstract class GrandchildContract<T, TKind>
    where T : class, IDisposable
    where TKind : ITouchable<T>
{
    [Fact(Timeout = 60_000)]
    public Task Is_the_same_in_a_grandchild_that_has_it_as_an_argument() =>
        AssertTouchedAsync(shared => RunAsync(WorkerProcess.Create(PassAsArgument, shared)));

    [Fact(Timeout = 60_000)]
    public Task Is_the_same_in_a_grandchild_that_has_received_it_over_connections() => AssertTouchedAsync(async shared =>
    {
        (Connection near, Connection far) = Pipe.Create();
        using (near)
        {
            Task running = RunAsync(WorkerProcess.Create(PassOverConnection, far));
            near.Send(shared);
            await running;
        }
    });

    [Fact(Timeout = 60_000)]
    public Task Is_the_same_in_a_grandchild_that_has_taken_it_from_queues() => AssertTouchedAsync(async shared =>
    {
        using var queue = new ProcessQueue<T>();
        queue.Put(shared);
        await RunAsync(WorkerProcess.Create(PassThroughQueue, queue));
    });

    private static async Task AssertTouchedAsync(Func<T, Task> passOn)
    {
        using T shared = TKind.Create();
        Task touched = TKind.WhenTouchedAsync(shared);
        Assert.False(touched.IsCompleted);
        await passOn(shared);
        await touched;
    }

    private static async Task RunAsync(WorkerProcess worker)
    {
        await using (worker)
        {
            worker.Start();
            await worker.JoinAsync();
            Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        }
    }

    private static void Run(WorkerProcess worker) => RunAsync(worker).GetAwaiter().GetResult();

    private static void Touch(T shared) => TKind.Touch(shared);

    private static void PassAsArgument(T shared) => Run(WorkerProcess.Create(Touch, shared));

    private static void PassOverConnection(Connection connection)
    {
        using T shared = connection.Receive<T>();
        (Connection near, Connection far) = Pipe.Create();
        using (near)
        {
            Task running = RunAsync(WorkerProcess.Create(TouchReceived, far));
            near.Send(shared);
            running.GetAwaiter().GetResult();
        }
    }

    private static void TouchReceived(Connection connection)
    {
        using T shared = connection.Receive<T>();
        TKind.Touch(shared);
    }

    private static void PassThroughQueue(ProcessQueue<T> queue)
    {
        using T shared = queue.Get();
        using var next = new ProcessQueue<T>();
        next.Put(shared);
        Run(WorkerProcess.Create(TouchTaken, next));
    }

    private static void TouchTaken(ProcessQueue<T> queue)
    {
        using T shared = queue.Get();
        TKind.Touch(shared);
    }
}
