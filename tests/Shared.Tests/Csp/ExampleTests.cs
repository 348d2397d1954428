using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Tests.Csp.Examples;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>The examples of docs/csp.md, which are this very code, to their end.</summary>
public sealed class ExampleTests
{
    [Fact(Timeout = 60_000)]
    public void A_pipeline_ends_by_retiring() => Assert.Equal([null, null, 2500L], Network.Parallel(Pipeline.Processes(100)));

    [Fact(Timeout = 60_000)]
    public void A_farm_does_every_task_once()
    {
        object?[] results = Network.Parallel(Farm.Processes(workers: 3, tasks: 200));
        var squares = Assert.IsType<Dictionary<int, int>>(results[^1]);
        Assert.Equal(Enumerable.Range(1, 200).ToDictionary(number => number, number => number * number), squares);
    }

    [Fact(Timeout = 60_000)]
    public void Philosophers_never_starve() =>
        Assert.Equal([200, 200, 200, 200, 200], Network.Parallel(Philosophers.Processes(philosophers: 5, meals: 200)));

    [Fact(Timeout = 60_000)]
    public async Task A_sieve_has_a_process_per_prime()
    {
        using var channel = new CspChannel<PrimeSieve.Prime>();
        using ReadEnd<PrimeSieve.Prime> primes = channel.CreateReader();
        Task<object?[]> network = Network.ParallelAsync(PrimeSieve.Processes(20, channel.CreateWriter()));
        List<PrimeSieve.Prime> found = [];
        await foreach (PrimeSieve.Prime prime in primes.ReadAllAsync())
        {
            found.Add(prime);
        }

        await network;
        Assert.Equal([2, 3, 5, 7, 11, 13, 17, 19], found.Select(prime => prime.Number));
        Assert.Equal(8, found.Select(prime => prime.ProcessId).Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public void Commstime_ends_by_poison()
    {
        int rounds = Wine.Times(10_000);
        object?[] results = Network.Parallel(Commstime.Processes(rounds));
        (int last, double microseconds) = Assert.IsType<(int, double)>(results[^1]);
        Assert.Equal(rounds - 1, last);
        TestContext.Current.SendDiagnosticMessage($"{microseconds} µs per communication");
    }
}
