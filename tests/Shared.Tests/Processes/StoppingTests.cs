using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class StoppingTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_request_to_stop_reaches_the_call_which_ends_in_order()
    {
        var (here, there) = Pipe.Create();
        using (here)
        await using (var worker = WorkerProcess.Create(UntilStopped, there))
        {
            worker.Start();
            Assert.Equal("running", await here.ReceiveAsync<string>());

            worker.Terminate();

            Assert.Equal("stopped in order", await here.ReceiveAsync<string>());
            Assert.Equal("tidied up", await worker.ResultAsync<string>());
            Assert.Equal(0, worker.ExitCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_with_a_token_parameter_is_given_the_request()
    {
        var (here, there) = Pipe.Create();
        using (here)
        await using (var worker = new WorkerProcess(UntilCancelled, there))
        {
            worker.Start();
            Assert.Equal("running", await here.ReceiveAsync<string>());

            worker.Terminate();

            Assert.Equal("cancelled", await worker.ResultAsync<string>());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_ignores_the_request_is_ended_by_kill()
    {
        var (here, there) = Pipe.Create();
        using (here)
        await using (var worker = WorkerProcess.Create(IgnoreRequests, there))
        {
            worker.Start();
            Assert.Equal("running", await here.ReceiveAsync<string>());
            worker.Terminate();
            Assert.Equal("ignored", await here.ReceiveAsync<string>());
            Assert.True(worker.IsAlive);

            worker.Kill();
            await worker.JoinAsync();

            Assert.Equal(-9, worker.ExitCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_has_just_been_launched_can_be_stopped()
    {
        await using var asked = WorkerProcess.Create(WaitForEver);
        await using var forced = WorkerProcess.Create(WaitForEver);
        asked.Start();
        asked.Terminate();
        forced.Start();
        forced.Kill();
        await asked.JoinAsync();
        await forced.JoinAsync();

        Assert.Equal(-15, asked.ExitCode);
        Assert.Equal(-9, forced.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Stopping_a_worker_that_has_ended_does_nothing()
    {
        await using var worker = WorkerProcess.Create(() => { });
        worker.Start();
        await worker.JoinAsync();

        worker.Terminate();
        worker.Kill();

        Assert.Equal(0, worker.ExitCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kill_takes_along_what_the_worker_has_started_if_it_is_to(bool killsDescendants)
    {
        var (here, there) = Pipe.Create();
        using (here)
        await using (var worker = new WorkerProcess(StartSleeper, there) { KillsDescendants = killsDescendants })
        {
            worker.Start();
            int sleeper = await here.ReceiveAsync<int>();
            Task ended = RunningProcesses.EndOfAsync(ProcessIdentity.Of(sleeper)!.Value);
            Assert.False(ended.IsCompleted);

            worker.Kill();
            await worker.JoinAsync();

            Assert.Equal(-9, worker.ExitCode);
            if (!killsDescendants)
            {
                KillRunning(sleeper);
            }

            await ended;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_worker_that_ends_by_itself_has_started_goes_on()
    {
        await using var worker = new WorkerProcess(LeaveSleeper);
        worker.Start();

        KillRunning(await worker.ResultAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Join_with_a_timeout_tells_whether_the_worker_has_ended()
    {
        await using var worker = await Waiting.StartAsync();

        Assert.False(worker.Process.Join(TimeSpan.Zero));
        Assert.False(worker.Process.Join(TimeSpan.FromSeconds(-5)));
        Assert.False(worker.Process.Join(TimeSpan.FromMilliseconds(20)));
        worker.Connection.Dispose();
        Assert.True(worker.Process.Join());
        Assert.True(worker.Process.Join(TimeSpan.Zero));
        Assert.True(worker.Process.Join(Timeout.InfiniteTimeSpan));
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancelling_a_join_ends_the_wait_and_not_the_worker()
    {
        await using var worker = await Waiting.StartAsync();
        using var stop = new CancellationTokenSource();
        Task join = worker.Process.JoinAsync(stop.Token);
        Task<bool> blocking = Task.Run(() => worker.Process.Join(cancellationToken: stop.Token));

        await stop.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => join);
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => blocking);
        Assert.True(worker.Process.IsAlive);
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposing_a_running_worker_kills_it()
    {
        await using var first = await Waiting.StartAsync();
        await using var second = await Waiting.StartAsync();

        first.Process.Dispose();
        await second.Process.DisposeAsync();

        Assert.Equal(-9, first.Process.ExitCode);
        Assert.Equal(-9, second.Process.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_root_can_look_at_the_request_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "SIGTERM is Unix's.");
        await using TestProgram program = TestProgram.Start("StopInOrder");
        Assert.Equal("running", await program.ReadLineAsync());

        program.Signal(UnixSignal.Terminate);
        TestProgramResult result = await program.FinishAsync();

        result.ThrowUnlessSuccessful();
        Assert.Equal(["patient: 0", "stubborn: -9", "left: 0"], result.Output);
    }

    private static string UntilStopped(Connection connection)
    {
        CancellationToken stop = WorkerProcess.StopRequested;
        connection.Send("running");
        _ = stop.WaitHandle.WaitOne();
        connection.Send("stopped in order");
        return "tidied up";
    }

    private static string UntilCancelled(Connection connection, CancellationToken stop)
    {
        connection.Send("running", cancellationToken: stop);
        return stop.WaitHandle.WaitOne() ? "cancelled" : "never";
    }

    private static void IgnoreRequests(Connection connection)
    {
        CancellationToken stop = WorkerProcess.StopRequested;
        connection.Send("running");
        _ = stop.WaitHandle.WaitOne();
        connection.Send("ignored");
        WaitForEver();
    }

    private static void WaitForEver() => _ = new ManualResetEvent(false).WaitOne();

    private static void StartSleeper(Connection connection)
    {
        using Process sleeper = Sleeper();
        connection.Send(sleeper.Id);
        sleeper.WaitForExit();
    }

    private static int LeaveSleeper()
    {
        using Process sleeper = Sleeper();
        return sleeper.Id;
    }

    private static void KillRunning(int sleeper)
    {
        Assert.NotNull(ProcessIdentity.Of(sleeper));
        using var process = Process.GetProcessById(sleeper);
        process.Kill();
    }

    // It has streams of its own, so that the worker's end is the end of the worker's.
    private static Process Sleeper()
    {
        var start = new ProcessStartInfo(TestProgram.BesideTheTests, "Sleep")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
