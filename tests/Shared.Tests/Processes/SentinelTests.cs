using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class SentinelTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_sentinel_completes_when_the_worker_has_ended()
    {
        await using var worker = await Waiting.StartAsync();
        Assert.False(worker.Process.Sentinel.IsCompleted);

        worker.Connection.Dispose();
        await worker.Process.Sentinel;

        Assert.Equal(0, worker.Process.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Waiting_for_any_returns_exactly_the_ready_ones_of_connections_and_processes()
    {
        await using var worker = await Waiting.StartAsync();
        var (first, second) = Pipe.Create();
        using (first)
        using (second)
        {
            IWaitable[] all = [first, worker.Process, second];
            Assert.Empty(ProcessWait.Any(all, TimeSpan.Zero));
            Assert.Empty(ProcessWait.Any(all, TimeSpan.FromSeconds(-1)));
            Assert.Empty(ProcessWait.Any(all, TimeSpan.FromMilliseconds(20)));

            Task<IReadOnlyList<IWaitable>> wait = ProcessWait.AnyAsync(all);
            second.Send("hello");
            Assert.Equal([first], await wait);
            Assert.Equal([first], ProcessWait.Any(all));
            _ = first.Receive<string>();

            wait = ProcessWait.AnyAsync(all);
            worker.Process.Kill();
            Assert.Equal([worker.Process], await wait);

            first.Send("back");
            Assert.Equal([worker.Process, second], ProcessWait.Any(all));
            second.Dispose();
            first.Dispose();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_message_of_four_workers_and_then_their_ends_are_seen()
    {
        const int Messages = 10;
        var workers = new List<WorkerProcess>();
        var open = new HashSet<Connection>();
        for (int index = 0; index < 4; index++)
        {
            var (here, there) = Pipe.Create(duplex: false);
            _ = open.Add(here);
            workers.Add(WorkerProcess.Create(SendNumbers, there, Messages));
            workers[^1].Start();
        }

        var received = new List<int>();
        while (open.Count > 0)
        {
            foreach (Connection connection in (await ProcessWait.AnyAsync(open)).Cast<Connection>())
            {
                try
                {
                    received.Add(connection.Receive<int>());
                }
                catch (ConnectionClosedException)
                {
                    _ = open.Remove(connection);
                    connection.Dispose();
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, Messages).SelectMany(number => Enumerable.Repeat(number, 4)), received.Order());
        foreach (WorkerProcess worker in workers)
        {
            await worker.JoinAsync();
            Assert.Equal(0, worker.ExitCode);
            await worker.DisposeAsync();
        }
    }

    private static void SendNumbers(Connection connection, int count)
    {
        for (int number = 0; number < count; number++)
        {
            connection.Send(number);
        }
    }
}
