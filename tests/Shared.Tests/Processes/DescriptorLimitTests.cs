using System.Globalization;
using CliWrap;
using CliWrap.Buffered;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

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
    public async Task A_process_at_its_limit_of_open_files_is_told_so_and_can_go_on_with_fewer(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits another process by prlimit, which Linux has.");
        var (here, there) = Pipe.Create();
        using Connection connection = here;
        await using var worker = new WorkerProcess(MakeUntilRefused, kind, there);
        worker.Start();

        int open = connection.Receive<int>(cancellationToken: TestContext.Current.CancellationToken);
        BufferedCommandResult limited = await Cli.Wrap("prlimit")
            .WithArguments(["--pid", worker.ProcessId!.Value.ToString(CultureInfo.InvariantCulture), $"--nofile={open + Left}"])
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        connection.Send(limited.ExitCode);

        string refusal = await connection.ReceiveAsync<string>(TestContext.Current.CancellationToken);
        Assert.Contains("Too many open files", refusal, StringComparison.Ordinal);
        await worker.JoinAsync();
        Assert.Equal(0, worker.ExitCode);
    }

    private static void MakeUntilRefused(string kind, Connection connection)
    {
        // The first of its kind opens what the runtime needs for it and keeps.
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
        _ => Started(),
    };

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
