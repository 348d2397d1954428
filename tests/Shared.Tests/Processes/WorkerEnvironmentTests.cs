using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class WorkerEnvironmentTests
{
    [Fact(Timeout = 120_000)]
    public async Task The_open_descriptors_of_a_worker_do_not_grow_with_its_running_siblings()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Counts in /proc.");
        string[] alone = await WorkerProcess.Create(OpenDescriptors).RunAsync<string[]>();
        var siblings = new List<Waiting>();
        for (int index = 0; index < 10; index++)
        {
            siblings.Add(await Waiting.StartAsync());
        }

        string[] amongMany = await WorkerProcess.Create(OpenDescriptors).RunAsync<string[]>();
        foreach (Waiting sibling in siblings)
        {
            await sibling.DisposeAsync();
        }

        Assert.True(
            amongMany.Length <= alone.Length,
            $"Alone: {string.Join(", ", alone)}\nAmong many: {string.Join(", ", amongMany)}");
    }

    [Fact(Timeout = 60_000)]
    public async Task Arrays_below_4_MiB_are_collected_like_small_ones_in_a_worker_and_its_own_programs_are_not_told_to()
    {
        (int generation, string? variable) = await WorkerProcess
            .Create(static () => (GC.GetGeneration(new byte[1024 * 1024]), Environment.GetEnvironmentVariable("DOTNET_GCLOHThreshold")))
            .RunAsync<(int, string?)>();

        Assert.Equal(0, generation);
        Assert.Null(variable);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_hundred_workers_started_by_eight_threads_at_once_all_end_and_so_do_their_pipes()
    {
        const int Threads = 8;
        int workers = Wine.IsHost ? 24 : 104;
        var outcomes = new (int? ExitCode, string[] Received)[workers];

        // Each pipe must end as soon as its one worker has: an end inherited by any of the others would keep it open.
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (int index = thread; index < workers; index += Threads)
                {
                    outcomes[index] = RunOne(index);
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.All(outcomes.Index(), item =>
        {
            Assert.Equal(0, item.Item.ExitCode);
            Assert.Equal([$"hello from {item.Index}"], item.Item.Received);
        });
    }

    [Fact(Timeout = 180_000)]
    public async Task Many_workers_in_flight_can_all_be_terminated()
    {
        int workers = Wine.IsHost ? 8 : 20;
        var running = new List<Waiting>();
        for (int index = 0; index < workers; index++)
        {
            running.Add(await Waiting.StartAsync());
        }

        running.ForEach(worker => worker.Process.Terminate());
        foreach (Waiting worker in running)
        {
            await worker.Process.JoinAsync();
            Assert.Equal(-15, worker.Process.ExitCode);
            await worker.DisposeAsync();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Starting_and_ending_workers_leaves_no_descriptor_in_the_parent()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Counts in /proc.");

        TestProgramResult result = await TestProgram.RunAsync("CountDescriptors");

        result.ThrowUnlessSuccessful();

        // Ten workers lie between the two counts; the last one's descriptors may be about to be closed.
        int before = result.Output[0].Split(' ').Length;
        int after = result.Output[1].Split(' ').Length;
        Assert.True(after < before + 10, $"{before} descriptors before: {result.Output[0]}\n{after} after: {result.Output[1]}");
    }

    private static (int? ExitCode, string[] Received) RunOne(int index)
    {
        var (here, there) = Pipe.Create(duplex: false);
        using (here)
        using (WorkerProcess worker = WorkerProcess.Create(Greet, there, index))
        {
            worker.Start();
            var received = new List<string>();
            try
            {
                while (true)
                {
                    received.Add(here.Receive<string>());
                }
            }
            catch (ConnectionClosedException)
            {
                _ = worker.Join();
                return (worker.ExitCode, [.. received]);
            }
        }
    }

    private static void Greet(Connection connection, int index) => connection.Send($"hello from {index}");

    // What descriptors point to; the pipes and sockets by their kind, since their numbers differ.
    private static string[] OpenDescriptors() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(file => new FileInfo(file).LinkTarget?.Split(':')[0] ?? "gone").Order()];
}
