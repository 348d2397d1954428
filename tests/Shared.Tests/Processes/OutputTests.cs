using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Text;
using CliWrap;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class OutputTests
{
    private const int Megabytes = 10;

    [Fact(Timeout = 120_000)]
    public async Task Ten_megabytes_on_both_streams_are_captured_without_a_deadlock()
    {
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        await using var worker = new WorkerProcess(WriteMegabytes, Megabytes)
        {
            StandardOutput = WorkerOutput.To(PipeTarget.ToStream(output)),
            StandardError = WorkerOutput.To(PipeTarget.ToStream(errors)),
        };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(0, worker.ExitCode);
        Assert.Equal(Megabytes << 20, output.Length);
        Assert.Equal(Megabytes << 20, errors.Length);
        Assert.True(output.ToArray().All(one => one == 'o'));
        Assert.True(errors.ToArray().All(one => one == 'e'));
    }

    [Fact(Timeout = 120_000)]
    public async Task Discarded_output_never_blocks_the_worker()
    {
        await using var worker = new WorkerProcess(WriteMegabytes, Megabytes)
        {
            StandardOutput = WorkerOutput.Discard,
            StandardError = WorkerOutput.To(PipeTarget.Null),
        };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(0, worker.ExitCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task Quiet_workers_keep_no_thread_of_the_pool_waiting_for_their_output()
    {
        var workers = new List<Waiting>();
        for (int number = 0; number < 10; number++)
        {
            workers.Add(await Waiting.StartAsync());
        }

        // Two streams of each: if they were waited for by threads of the pool, there would be twice as many as workers, all the time. Some
        // are other tests', for a while.
        await Eventually.HoldsAsync(() => BusyThreads() <= workers.Count);
        foreach (Waiting worker in workers)
        {
            await worker.DisposeAsync();
        }
    }

    private static int BusyThreads()
    {
        ThreadPool.GetMaxThreads(out int all, out _);
        ThreadPool.GetAvailableThreads(out int free, out _);
        return all - free;
    }

    [Fact(Timeout = 60_000)]
    public async Task Lines_arrive_in_order_and_without_their_ends()
    {
        var lines = new List<string>();
        await using var worker = new WorkerProcess(WriteLines, 1000) { StandardOutput = WorkerOutput.ToLines(lines.Add) };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(Enumerable.Range(0, 1000).Select(index => $"line {index} ä€𝄞").Append("no end of line"), lines);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_delegate_that_throws_is_told_by_join_and_the_worker_runs_to_its_end()
    {
        await using var worker = new WorkerProcess(WriteMegabytesOfLines, 2) { StandardOutput = WorkerOutput.ToLines(Refuse) };
        worker.Start();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => worker.JoinAsync());

        Assert.Equal("refused", error.InnerException?.Message);
        Assert.Contains(worker.Name, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, worker.ExitCode);
        _ = Assert.Throws<InvalidOperationException>(() => worker.Join());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delegate_that_is_cancelled_by_its_owner_has_failed_as_well(bool byToken)
    {
        var cancelled = new CancellationToken(canceled: true);
        await using var worker = new WorkerProcess(WriteMegabytesOfLines, 1)
        {
            StandardOutput = WorkerOutput.ToLines(_ => throw (byToken ? new OperationCanceledException(cancelled) : new OperationCanceledException())),
        };
        worker.Start();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => worker.JoinAsync());

        Assert.IsType<OperationCanceledException>(error.InnerException);
        Assert.Equal(0, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_program_left_behind_writes_later_does_not_get_into_memory_that_was_handed_back()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Elsewhere a read that was given up has ended.");
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        await using var output = new WorkerOutputStream(reader, processHasEnded: Task.CompletedTask, watcher: null);
        byte[] buffer = new byte[10];
        Assert.Equal(0, await output.ReadAsync(buffer, TestContext.Current.CancellationToken));

        writer.Write([1, 2, 3]);
        if (OperatingSystem.IsWindows())
        {
            writer.WaitForPipeDrain();
        }

        Assert.Equal(new byte[10], buffer);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_delegate_still_gets_every_line_after_the_worker_has_ended()
    {
        var lines = new List<string>();
        WorkerProcess? worker = null;
        using var hasEnded = new ManualResetEventSlim();
        void TakeSlowly(string line)
        {
            hasEnded.Wait();
            lines.Add(line);
        }

        await using (worker = new WorkerProcess(WriteLines, 200) { StandardOutput = WorkerOutput.ToLines(TakeSlowly) })
        {
            worker.Start();
            await RunningProcesses.EndOfAsync(IpcDemos.Shared.Platform.ProcessIdentity.Of(worker.ProcessId!.Value)!.Value);
            await Task.Delay(WorkerProcess.Grace * 1.5); // longer than anybody waits for a program that was left behind
            hasEnded.Set();
            await worker.JoinAsync();
        }

        Assert.Equal(201, lines.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("sleep 600")]
    [InlineData("while :; do echo chatter; sleep 0.2; done")]
    public async Task A_program_that_the_worker_left_behind_does_not_keep_join_waiting(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell.");
        var lines = new List<string>();
        await using var worker = new WorkerProcess(LeaveProgramBehind, command) { StandardOutput = WorkerOutput.ToLines(lines.Add) };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(0, worker.ExitCode);
        string[] own = [.. lines.Where(line => line != "chatter")];
        UnixSignal.Send(-int.Parse(own[0], CultureInfo.InvariantCulture), UnixSignal.Kill);
        Assert.Equal("the last line", own[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Standard_input_is_empty_unless_it_is_given()
    {
        Assert.Equal("", await WorkerProcess.Create(ReadInput).RunAsync<string>());

        await using var worker = new WorkerProcess(ReadInput) { StandardInput = PipeSource.FromString("some input ä€𝄞", Encoding.UTF8) };
        worker.Start();
        Assert.Equal("some input ä€𝄞", await worker.ResultAsync<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_input_that_cannot_be_read_is_told_by_join()
    {
        await using var worker = new WorkerProcess(ReadInput) { StandardInput = PipeSource.FromStream(new UnreadableStream()) };
        worker.Start();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => worker.JoinAsync());

        Assert.Equal("unreadable", error.InnerException?.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_need_not_read_its_input()
    {
        byte[] plenty = new byte[1 << 20];
        await using var worker = new WorkerProcess(DoNothing) { StandardInput = PipeSource.FromBytes(plenty) };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(0, worker.ExitCode);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_workers_output_is_anothers_input()
    {
        WorkerOutput between = WorkerOutput.ToInput(out PipeSource input);
        await using var writer = new WorkerProcess(WriteMegabytes, Megabytes) { StandardOutput = between, StandardError = WorkerOutput.Discard };
        await using var reader = new WorkerProcess(CountInput) { StandardInput = input };
        writer.Start();
        reader.Start();

        Assert.Equal(Megabytes << 20, await reader.ResultAsync<long>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_closed_standard_output_of_the_parent_harms_neither_it_nor_the_worker()
    {
        await using TestProgram program = TestProgram.Start("WriteAfterClose");
        Assert.Equal("ready", await program.ReadLineAsync());
        program.Output.Close();
        await program.Input.WriteLineAsync("closed");
        await program.Input.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, await program.ExitCodeAsync());
    }

    private static void WriteMegabytes(int count)
    {
        Task output = Task.Run(() => Write(Console.OpenStandardOutput(), 'o', count));
        Write(Console.OpenStandardError(), 'e', count);
        output.Wait();
    }

    private static void Write(Stream stream, char text, int megabytes)
    {
        byte[] block = Encoding.ASCII.GetBytes(new string(text, 1 << 20));
        for (int index = 0; index < megabytes; index++)
        {
            stream.Write(block);
        }
    }

    private static void WriteMegabytesOfLines(int count)
    {
        for (int index = 0; index < count << 10; index++)
        {
            Console.WriteLine(new string('l', 1023));
        }
    }

    private static void WriteLines(int count)
    {
        for (int index = 0; index < count; index++)
        {
            Console.WriteLine($"line {index} ä€𝄞");
        }

        Console.Write("no end of line");
    }

    private static void Refuse(string line) => throw new FormatException("refused");

    // In a group of its own, so that the end of the worker's group does not reach it.
    private static void LeaveProgramBehind(string command)
    {
        using Process program = Process.Start("setsid", ["sh", "-c", command]);
        Console.WriteLine(program.Id);
        Console.WriteLine("the last line");
    }

    private static string ReadInput() => Console.In.ReadToEnd();

    private static long CountInput()
    {
        using Stream input = Console.OpenStandardInput();
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        int count;
        while ((count = input.Read(buffer)) > 0)
        {
            total += count;
        }

        return total;
    }

    private static void DoNothing()
    {
    }

    private sealed class UnreadableStream : MemoryStream
    {
        public override bool CanRead => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<int>(new IOException("unreadable"));

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            Task.FromException(new IOException("unreadable"));
    }
}
