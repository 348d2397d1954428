using System.Globalization;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class StoppedServerTests
{
    public static bool IsWindows => OperatingSystem.IsWindows();

    public static bool IsNotLinux => !OperatingSystem.IsLinux();

    [Fact(Timeout = 120_000, Skip = "Signals are Unix's", SkipWhen = nameof(IsWindows))]
    public async Task Time_outs_and_cancellation_end_calls_although_the_server_is_stopped()
    {
        using Manager manager = Manager.Start();
        using SharedQueue<int> queue = manager.CreateQueue<int>();
        using SharedQueue<int> spacious = manager.CreateQueue<int>();
        using SharedEvent gate = manager.CreateEvent();
        using SharedLock mutex = manager.CreateLock();
        using SharedSemaphore semaphore = manager.CreateSemaphore(1, 1);
        var second = TimeSpan.FromSeconds(1);
        using var stop = new CancellationTokenSource();
        CancellationToken token = stop.Token;
        await StopAsync(manager.Worker!.ProcessId!.Value);
        try
        {
            Task[] timedOut =
            [
                Run(() => queue.Get(second)),
                Run(() => queue.TryGet(out _)),
                Run(() => spacious.TryPut(1)),
                Run(() => gate.Wait(second)),
                Run(() => mutex.Acquire(second)),
                queue.GetAsync(second, TestContext.Current.CancellationToken),
                semaphore.AcquireAsync(second, TestContext.Current.CancellationToken),
            ];
            Task[] cancelled = [Run(() => gate.Wait(cancellationToken: token)), gate.WaitAsync(cancellationToken: token), queue.GetAsync(cancellationToken: token)];
            await stop.CancelAsync();
            foreach (Task each in timedOut)
            {
                TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => each);
                Assert.Contains("has not answered", error.Message, StringComparison.Ordinal);
            }

            foreach (Task each in cancelled)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => each);
            }
        }
        finally
        {
            UnixSignal.Send(manager.Worker!.ProcessId!.Value, UnixSignal.Continue);
        }

        // What the server then gave to calls that had ended is given back.
        await Eventually.HoldsAsync(() => !mutex.IsHeld && semaphore.CurrentCount == 1);
        queue.Put(1);
        Assert.Equal(1, queue.Count);
        Assert.Equal(1, spacious.Count);
    }

    [Fact(Timeout = 60_000, Skip = "Signals are Unix's", SkipWhen = nameof(IsWindows))]
    public async Task A_lock_that_is_granted_after_the_time_out_is_given_back_by_a_process_that_makes_no_other_call()
    {
        using Manager manager = Manager.Start();
        using SharedLock mutex = manager.CreateLock();
        using var isStopped = new ProcessEvent();
        using var hasGivenUp = new ProcessEvent();
        using WorkerProcess worker = WorkerProcess.Create(AcquireInVain, mutex, isStopped, hasGivenUp);
        worker.Start();
        long calls = 0;
        await Eventually.HoldsAsync(() => (calls = CallsOf(worker)) > 0);
        await StopAsync(manager.Worker!.ProcessId!.Value);
        try
        {
            isStopped.Set();
            Assert.True(await hasGivenUp.WaitAsync(cancellationToken: TestContext.Current.CancellationToken));
        }
        finally
        {
            UnixSignal.Send(manager.Worker!.ProcessId!.Value, UnixSignal.Continue);
        }

        // The lock is free, so that the server grants it to the call that it finds: before this process asks for it, which would be
        // given it first otherwise.
        await Eventually.HoldsAsync(() => CallsOf(worker) > calls);
        Assert.True(mutex.Acquire(TimeSpan.FromSeconds(20)));

        long CallsOf(WorkerProcess client) =>
            manager.Inspect().Clients.SingleOrDefault(each => each.ProcessId == client.ProcessId)?.CallCount ?? 0;
    }

    [Fact(Timeout = 60_000, Skip = "Only Linux shows the timers of connections", SkipWhen = nameof(IsNotLinux))]
    public async Task Both_sides_of_a_connection_over_the_network_see_to_it_that_the_other_is_there()
    {
        using var server = new ManagerServer(new ManagerOptions { Address = ConnectionAddress.Tcp("127.0.0.1"), Key = AuthenticationKey.FromText("key") });
        using Manager manager = Manager.Connect(server.Address, server.Key);
        _ = manager.Inspect();

        // Column 5 is the timer: 02 is that of the probes, once all that was sent is acknowledged.
        string port = server.Address.Port.ToString("X4", CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(() => Timers(port) is [var one, var other] && one.StartsWith("02:", StringComparison.Ordinal) && other.StartsWith("02:", StringComparison.Ordinal));
    }

    /// <summary>Stops a process, and waits until it is: its threads go on until one of them, on a busy machine late, has taken the signal.</summary>
    private static async Task StopAsync(int processId)
    {
        UnixSignal.Send(processId, UnixSignal.Stop);
        string status = $"/proc/{processId}/stat";
        await Eventually.HoldsAsync(() => !OperatingSystem.IsLinux() || File.ReadAllText(status).Contains(") T", StringComparison.Ordinal));
    }

    private static string[] Timers(string port) => [.. File.ReadLines("/proc/self/net/tcp")
        .Concat(File.ReadLines("/proc/self/net/tcp6"))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(columns => columns[3] == "01" && columns[1..3].Any(end => end.EndsWith(':' + port, StringComparison.Ordinal)))
        .Select(columns => columns[5])];

    private static Task Run(Action call) => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void AcquireInVain(SharedLock mutex, ProcessEvent isStopped, ProcessEvent hasGivenUp)
    {
        _ = isStopped.Wait();
        try
        {
            _ = mutex.Acquire(TimeSpan.FromSeconds(1));
        }
        catch (TimeoutException)
        {
            hasGivenUp.Set();
        }

        using var never = new ManualResetEvent(false);
        _ = never.WaitOne();
    }
}
