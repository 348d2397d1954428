using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Pools;

namespace IpcDemos.Shared.Tests.Processes;

/// <summary>A process that may not open another file, as when something is not disposed of or the limit is low for what it does.</summary>
public sealed class DescriptorLimitTests
{
    private const int Left = 40;

    /// <summary>Makes things until the limit is reached, and goes on as if nothing had happened after they have been given up.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(nameof(SharedMemory))]
    [InlineData(nameof(ProcessQueue<>))]
    [InlineData(nameof(Pipe))]
    [InlineData(nameof(PipeTransport.Anonymous))]
    [InlineData(nameof(PipeTransport.Named))]
    [InlineData(nameof(ConnectionListener))]
    [InlineData(nameof(WorkerProcess))]
    [InlineData(nameof(ProcessPool))]
    public async Task A_process_at_its_limit_of_open_files_is_told_so_and_can_go_on_with_fewer(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits another process by prlimit, which Linux has.");
        var (here, there) = Pipe.Create();
        using Connection connection = here;
        await using var worker = new WorkerProcess(MakeUntilRefused, kind, there);
        worker.Start();

        await LimitAsync(worker, connection);

        string refusal = await connection.ReceiveAsync<string>(TestContext.Current.CancellationToken);
        Assert.Contains("Too many open files", refusal, StringComparison.Ordinal);
        await worker.JoinAsync();
        Assert.Equal(0, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_cannot_be_started_breaks_the_pool_and_what_runs_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits another process by prlimit, which Linux has.");
        var (here, there) = Pipe.Create();
        using Connection connection = here;
        await using var worker = new WorkerProcess(StartWorkersUntilRefused, there);
        worker.Start();

        await LimitAsync(worker, connection);

        string[] ends = await connection.ReceiveAsync<string[]>(TestContext.Current.CancellationToken);
        Assert.Contains("ended well", ends);
        Assert.True(ends.Any(end => end.Contains("too many open files", StringComparison.OrdinalIgnoreCase)), string.Join('\n', ends));
        Assert.All(ends, end => Assert.True(end == "ended well" || end.Contains("The process pool is broken", StringComparison.Ordinal), end));
        List<string> left = [.. await connection.ReceiveAsync<string[]>(TestContext.Current.CancellationToken)];
        Array.ForEach(await connection.ReceiveAsync<string[]>(TestContext.Current.CancellationToken), before => left.Remove(before));
        Assert.Empty(left);
        await worker.JoinAsync();
        Assert.Equal(0, worker.ExitCode);
    }

    private static async Task LimitAsync(WorkerProcess worker, Connection connection)
    {
        int open = await connection.ReceiveAsync<int>(TestContext.Current.CancellationToken);
        BufferedCommandResult limited = await Cli.Wrap("prlimit")
            .WithArguments(["--pid", worker.ProcessId!.Value.ToString(CultureInfo.InvariantCulture), $"--nofile={open + Left}"])
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        connection.Send(limited.ExitCode);
    }

    private static void StartWorkersUntilRefused(Connection connection)
    {
        // The runtime must not need a file then, such as an assembly's, that it cannot open.
        KeepThreads();
        _ = RunHeld(new ProcessPoolOptions { WorkerCount = 1 });
        _ = RunHeld(new ProcessPoolOptions { StartAttempts = 1, Initializer = static () => throw new IOException("cannot begin") });
        string[] before = OpenFiles();
        connection.Send(Directory.GetFiles("/proc/self/fd").Length); // with assemblies' files
        _ = connection.Receive<int>();

        string[] ends = RunHeld(new ProcessPoolOptions { WorkerCount = Left });

        connection.Send(ends);
        connection.Send(OpenFiles());
        connection.Send(before);
    }

    /// <summary>
    /// Has the runtime's thread pool start as many threads as it will need. It takes two descriptors while it starts one, and ends the
    /// process if there are none.
    /// </summary>
    private static void KeepThreads()
    {
        const int Count = 16;
        using var all = new Barrier(Count);
        _ = ThreadPool.SetMinThreads(Count, Count);
        Task.WaitAll([.. Enumerable.Range(0, Count).Select(_ => Task.Run(all.SignalAndWait))]);
    }

    /// <summary>Has one worker more hold a task, again and again, until one fails, or there are all; returns how they end.</summary>
    private static string[] RunHeld(ProcessPoolOptions options)
    {
        using var pool = new ProcessPool(options);
        using var gate = new ProcessEvent();
        var tasks = new List<Task<int>>();
        while (tasks.Count < options.WorkerCount && tasks.TrueForAll(static task => !task.IsCompleted))
        {
            using var started = new ProcessEvent();
            tasks.Add(pool.Submit(PoolTasks.SetAndWait, started, gate));
            _ = Task.WaitAny(tasks[^1], started.WaitAsync().AsTask());
        }

        gate.Set();
        return [.. tasks.Select(EndOf)];
    }

    private static string EndOf(Task<int> task)
    {
        try
        {
            _ = task.GetAwaiter().GetResult();
            return "ended well";
        }
        catch (Exception error)
        {
            return error.Message;
        }
    }

    /// <summary>
    /// What the open files are, such as sockets. What nothing but a finalizer refers to is no leak, nor is shared memory that is kept for
    /// the next one who needs some. The watch on a process that has ended is closed only after it has told of that.
    /// </summary>
    private static string[] OpenFiles()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return [.. Directory.GetFiles("/proc/self/fd")
            .Select(file => new FileInfo(file).LinkTarget ?? "")
            .Where(target => !target.EndsWith(".dll", StringComparison.Ordinal) && !target.StartsWith("/memfd", StringComparison.Ordinal))
            .Where(target => target != "anon_inode:[pidfd]")
            .Select(target => target.Split(':')[0])
            .Order(StringComparer.Ordinal)];
    }

    private static void MakeUntilRefused(string kind, Connection connection)
    {
        // The first of its kind opens what the runtime needs for it and keeps.
        KeepThreads();
        Make(kind).Dispose();
        connection.Send(Directory.GetFiles("/proc/self/fd").Length);
        _ = connection.Receive<int>();
        var made = new List<IDisposable>();
        string? refusal = null;
        while (refusal is null)
        {
            try
            {
                made.Add(Make(kind));
            }
            catch (Exception error)
            {
                refusal = $"{error.GetType().Name}: {error.Message} after {made.Count}";
            }
        }

        made.ForEach(one => one.Dispose());
        Make(kind).Dispose();
        connection.Send(refusal);
    }

    private static IDisposable Make(string kind) => kind switch
    {
        nameof(SharedMemory) => SharedMemory.Create(4096),
        nameof(ProcessQueue<>) => new ProcessQueue<int>(),
        nameof(Pipe) => Both(PipeTransport.SharedMemory),
        nameof(PipeTransport.Anonymous) => Both(PipeTransport.Anonymous),
        nameof(PipeTransport.Named) => Both(PipeTransport.Named),
        nameof(ConnectionListener) => new ConnectionListener(),
        nameof(ProcessPool) => Ready(),
        _ => Started(),
    };

    private static ProcessPool Ready()
    {
        var pool = new ProcessPool(1);
        try
        {
            _ = pool.Invoke(PoolTasks.ProcessId);
            return pool;
        }
        catch
        {
            pool.Dispose();
            throw;
        }
    }

    private static WorkerProcess Started()
    {
        var worker = new WorkerProcess(static () => Thread.Sleep(Timeout.Infinite));
        worker.Start();
        return worker;
    }

    private static Ends Both(PipeTransport transport)
    {
        var (first, second) = Pipe.Create(duplex: true, transport);
        return new Ends(first, second);
    }

    private sealed record Ends(Connection First, Connection Second) : IDisposable
    {
        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }
}
