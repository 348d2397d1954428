using System.Globalization;
using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Csp.Examples;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>The examples of docs/csp.md, endless, under <c>kill -9</c> of each of their processes: they end, and say who died.</summary>
public sealed class ExampleKillTests
{
    private const int Endless = int.MaxValue;

    // It must hold at whatever instant: while the network starts, and while it runs.
    private static readonly TimeSpan[] s_moments = [TimeSpan.Zero, TimeSpan.FromMilliseconds(400)];

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task A_pipeline_ends_with_the_process_that_was_killed(int victim) => KillAsync(() => Pipeline.Processes(Endless), victim);

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task A_farm_ends_with_the_process_that_was_killed(int victim) => KillAsync(() => Farm.Processes(workers: 2, Endless), victim);

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task A_dinner_ends_with_the_philosopher_who_was_killed(int victim) =>
        KillAsync(() => Philosophers.Processes(philosophers: 3, Endless), victim);

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task Commstime_ends_with_the_process_that_was_killed(int victim) => KillAsync(() => Commstime.Processes(Endless), victim);

    [Theory(Timeout = 60_000)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_sieve_ends_with_the_process_that_was_killed(int victim)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        using var channel = new CspChannel<PrimeSieve.Prime>();
        using ReadEnd<PrimeSieve.Prime> primes = channel.CreateReader();
        CspProcess[] processes = PrimeSieve.Processes(Endless, channel.CreateWriter());
        Task<object?[]> network = Network.ParallelAsync(processes);
        int[] found = [.. Enumerable.Range(0, 4).Select(_ => primes.Read().ProcessId)];
        int killed = victim == 4 ? processes[0].ProcessId!.Value : found[victim];
        UnixSignal.Send(killed, UnixSignal.Kill);

        // The primes are poisoned too, after some more that were found before the news had travelled.
        ChannelPoisonedException poison = Assert.Throws<ChannelPoisonedException>(() => primes.ReadAll().Count());
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => network);
        Assert.NotNull(poison.ProcessId); // the one that was killed, or one that it had started and that followed it
        AssertNames(killed, error);
    }

    private static async Task KillAsync(Func<CspProcess[]> describe, int victim)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals.");
        foreach (TimeSpan moment in s_moments)
        {
            CspProcess[] processes = describe();
            Task<object?[]> network = Network.ParallelAsync(processes);
            int killed = processes[victim].ProcessId!.Value;
            await Task.Delay(moment);
            UnixSignal.Send(killed, UnixSignal.Kill);
            WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => network);
            Assert.Equal(-9, error.ExitCode);
            AssertNames(killed, error);
        }
    }

    private static void AssertNames(int processId, Exception error) =>
        Assert.Contains(processId.ToString(CultureInfo.InvariantCulture), error.ToString(), StringComparison.Ordinal);
}
