using System.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

/// <summary>Workers follow their coordinator, however it goes, and nothing of them is left.</summary>
public sealed class CoordinatorDeathTests
{
    // A second is what is promised, on a machine with a processor to spare; a test may run on one without.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [Theory(Timeout = 60_000)]
    [InlineData(UnixSignal.Kill)]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Interrupt)]
    public async Task The_death_of_a_coordinator_is_the_end_of_its_workers_and_of_theirs(int signal)
    {
        SkipUnlessProcessesAreListed();
        Assert.SkipWhen(OperatingSystem.IsWindows() && signal != UnixSignal.Kill, "There are no signals.");
        await using TestProgram program = TestProgram.Start("HoldWorkers");
        Assert.Equal("running", await program.ReadLineAsync());
        Assert.Equal(7, program.Tree().Count);

        End(program, signal);

        Assert.Empty((await program.WaitUntilGoneAsync(s_limit)).Select(RunningProcesses.Describe));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(UnixSignal.Kill)]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Interrupt)]
    public async Task The_death_of_a_coordinator_is_the_end_of_its_pools(int signal)
    {
        SkipUnlessProcessesAreListed();
        Assert.SkipWhen(OperatingSystem.IsWindows() && signal != UnixSignal.Kill, "There are no signals.");
        await using TestProgram program = TestProgram.Start("HoldPool");
        Assert.Equal("running", await program.ReadLineAsync());
        List<ProcessIdentity> tree = program.Tree();
        Assert.Equal(6, tree.Count);

        End(program, signal);

        Assert.Empty((await program.WaitUntilGoneAsync(s_limit)).Select(RunningProcesses.Describe));
        Assert.Empty(tree.SelectMany(process => Directory.GetFileSystemEntries(Path.GetTempPath(), $"ipcdemos-{process.ProcessId}-*")));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_death_of_a_worker_is_the_end_of_its_workers_and_of_no_others()
    {
        SkipUnlessProcessesAreListed();
        await using TestProgram program = TestProgram.Start("HoldWorkers");
        Assert.Equal("running", await program.ReadLineAsync());
        List<ProcessIdentity> tree = program.Tree();
        Dictionary<int, int> parents = tree.ToDictionary(process => process.ProcessId, process => ParentOf(process.ProcessId));
        int middle = parents.Values.First(parent => parent != program.ProcessId && parents.ContainsKey(parent));
        ProcessIdentity below = tree.Single(process => parents[process.ProcessId] == middle);

        using (var process = Process.GetProcessById(middle))
        {
            process.Kill();
        }

        await RunningProcesses.EndOfAsync(below);

        Assert.Equal(5, program.Tree().Count);
        await program.Input.WriteLineAsync("?");
        await program.Input.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("alive", await program.ReadLineAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopped_coordinator_keeps_its_workers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc, and Windows cannot stop processes.");
        await using TestProgram program = TestProgram.Start("HoldWorkers");
        Assert.Equal("running", await program.ReadLineAsync());
        List<ProcessIdentity> tree = program.Tree();

        program.Signal(UnixSignal.Stop);
        Task anyEnd = Task.WhenAny(tree.Select(RunningProcesses.EndOfAsync));
        _ = await Task.WhenAny(anyEnd, Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));
        Assert.False(anyEnd.IsCompleted);

        program.Signal(UnixSignal.Continue);
        await program.Input.WriteLineAsync("?");
        await program.Input.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("alive", await program.ReadLineAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stopped_worker_ends_with_its_coordinator_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc, and Windows cannot stop processes.");
        await using TestProgram program = TestProgram.Start("HoldWorkers");
        Assert.Equal("running", await program.ReadLineAsync());
        int worker = program.Tree().First(process => process.ProcessId != program.ProcessId).ProcessId;
        UnixSignal.Send(worker, UnixSignal.Stop);

        program.Signal(UnixSignal.Kill);

        Assert.Empty((await program.WaitUntilGoneAsync(s_limit)).Select(RunningProcesses.Describe));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_coordinator_killed_at_any_instant_of_starting_workers_leaves_nothing()
    {
        // Windows starts a process in steps of its creator's: one that is killed in between leaves a child that never runs.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc; Windows leaves a child suspended whose creator is killed within CreateProcess.");
        var random = new Random(20_240_611);
        var worst = TimeSpan.Zero;
        for (int round = 0; round < 25; round++)
        {
            await using TestProgram program = TestProgram.Start("KeepStarting");
            for (int lines = random.Next(1, 6); lines > 0; lines--)
            {
                _ = await program.ReadLineAsync();
            }

            SpinFor(TimeSpan.FromMilliseconds(random.NextDouble() * 60));
            program.Signal(UnixSignal.Kill);
            long start = Stopwatch.GetTimestamp();
            List<ProcessIdentity> left = await program.WaitUntilGoneAsync(s_limit);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            worst = time > worst ? time : worst;
            Assert.True(left.Count == 0, $"Round {round}: {string.Join("; ", left.Select(RunningProcesses.Describe))}");
            Assert.Empty(Directory.GetFileSystemEntries(Path.GetTempPath(), "ipcdemos-*"));
        }

        TestContext.Current.SendDiagnosticMessage($"The last worker was gone {worst.TotalMilliseconds:0} ms after its coordinator, at worst.");
    }

    // The instant of the kill is the point of the test; nothing else waits for this time to pass.
    private static void SpinFor(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(start) >= time);
    }

    private static void End(TestProgram program, int signal)
    {
        if (signal == UnixSignal.Kill)
        {
            program.Kill();
        }
        else
        {
            program.Signal(signal);
        }
    }

    private static void SkipUnlessProcessesAreListed() =>
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsWindows(), "Looks into /proc, or at a job.");

    /// <summary>The parent of a worker; 0 of any other process.</summary>
    private static int ParentOf(int processId) =>
        ProcessTable.Find(WorkerHost.Marker).FirstOrDefault(entry => entry.ProcessId == processId)?.ParentProcessId ?? 0;
}
