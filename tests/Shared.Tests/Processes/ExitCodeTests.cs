using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class ExitCodeTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_call_that_returns_ends_with_0() => Assert.Equal(0, await WorkerProcess.Create(() => { }).RunAsync());

    [Theory(Timeout = 60_000)]
    [InlineData(0, 0)]
    [InlineData(7, 7)]
    [InlineData(137, 137)]
    [InlineData(143, 143)]
    [InlineData(255, 255)]
    [InlineData(300, 44)]
    [InlineData(-1, 255)]
    public async Task A_worker_that_exits_by_itself_ends_with_its_code(int given, int expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && given != expected, "Windows keeps all 32 bits.");

        Assert.Equal(expected, await WorkerProcess.Create(Environment.Exit, given).RunAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_unhandled_exception_ends_with_1_and_its_trace_on_standard_error()
    {
        var errors = new List<string>();
        await using var worker = new WorkerProcess(Fail, "no luck") { StandardError = WorkerOutput.ToLines(errors.Add) };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(1, worker.ExitCode);
        Assert.Equal($"Process {worker.Name}:", errors[0]);
        Assert.Equal("System.InvalidOperationException: no luck", errors[1]);
        Assert.Contains(errors, line => line.Contains($"{nameof(ExitCodeTests)}.{nameof(Fail)}", StringComparison.Ordinal));
        Assert.Equal("no luck", worker.Error?.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_on_another_thread_ends_the_worker_with_1()
    {
        await using var worker = new WorkerProcess(FailOnAnotherThread) { StandardError = WorkerOutput.Discard };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(1, worker.ExitCode);
        Assert.Equal("elsewhere", worker.Error?.Message);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Kill)]
    public async Task A_signal_shows_as_its_negative_number(int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        await using var worker = await Waiting.StartAsync();

        UnixSignal.Send(worker.Process.ProcessId!.Value, signal);
        await worker.Process.JoinAsync();

        Assert.Equal(-signal, worker.Process.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_crash_in_native_code_shows_as_the_signal_of_the_crash()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it is an exception code.");
        await using var worker = new WorkerProcess(NativeCrash.Now) { StandardError = WorkerOutput.Discard };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(-UnixSignal.SegmentationFault, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_crash_in_native_code_shows_on_Windows_as_the_number_of_the_exception()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Elsewhere it is a signal.");
        await using var worker = new WorkerProcess(NativeCrash.Now) { StandardError = WorkerOutput.Discard };
        worker.Start();
        await worker.JoinAsync();

        // .NET itself ends the process then; Wine takes down that it did, and not why.
        Assert.Contains(
            Wine.IsHost ? "exit code 0xC0000602 (fail fast)" : "exit code 0xC0000005 (access violation)", worker.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Terminate_shows_as_minus_15_and_kill_as_minus_9()
    {
        await using var asked = await Waiting.StartAsync();
        await using var forced = await Waiting.StartAsync();

        asked.Process.Terminate();
        forced.Process.Kill();
        await asked.Process.JoinAsync();
        await forced.Process.JoinAsync();

        Assert.Equal(-15, asked.Process.ExitCode);
        Assert.Equal(-9, forced.Process.ExitCode);
        Assert.Contains("killed by signal 9 (SIGKILL", forced.Process.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stack_overflow_shows_as_an_abort()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There it is an exception code.");
        await using var worker = new WorkerProcess(Recurse, 0) { StandardError = WorkerOutput.Discard };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(-6, worker.ExitCode);
        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => worker.ResultAsync<int>());
        Assert.Contains("Stack overflow", error.LastErrorLines, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_whose_message_throws_is_still_an_exit_with_1()
    {
        await using var worker = new WorkerProcess(FailBadly) { StandardError = WorkerOutput.Discard };
        worker.Start();
        await worker.JoinAsync();

        Assert.Equal(1, worker.ExitCode);
        _ = await Assert.ThrowsAsync<RemoteException>(() => worker.ResultAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_exit_code_that_the_call_leaves_in_the_environment_does_not_count_as_its_own()
    {
        int? code = await WorkerProcess.Create(() => { Environment.ExitCode = 5; }).RunAsync();

        Assert.Equal(0, code);
    }

    private static void Fail(string message) => throw new InvalidOperationException(message);

    private static void FailBadly() => throw new BadException();

    private static void FailOnAnotherThread()
    {
        var thread = new Thread(() => throw new InvalidOperationException("elsewhere"));
        thread.Start();
        thread.Join();
        _ = new ManualResetEvent(false).WaitOne();
    }

    private static int Recurse(int depth) => Recurse(depth + 1) + Recurse(depth + 2);

    private sealed class BadException : Exception
    {
        public override string Message => throw new InvalidOperationException("The message throws.");
    }
}
