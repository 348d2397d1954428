using System.Diagnostics;

namespace IpcDemos.Bench.Harness;

/// <summary>Times repeated work after a warm-up.</summary>
internal static class Timing
{
    // Long enough for the runtime to have compiled the loop's methods for speed, here and in a worker that answers.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1.5);

    /// <summary>Seconds per iteration: the mean of that many in a row.</summary>
    /// <param name="iterations">How many are timed.</param>
    /// <param name="work">The work.</param>
    /// <param name="processes">How many processes compile it for speed, and share the processors for that.</param>
    public static double PerIteration(int iterations, Action work, int processes = 2)
    {
        TimeSpan warmUp = s_warmUp * Math.Max(1, processes / (double)Environment.ProcessorCount);
        long start = Stopwatch.GetTimestamp();
        do
        {
            work();
        }
        while (Stopwatch.GetElapsedTime(start) < warmUp);

        start = Stopwatch.GetTimestamp();
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            work();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / iterations;
    }

    /// <summary>The awaitable twin of <see cref="PerIteration"/>.</summary>
    public static async Task<double> PerIterationAsync(int iterations, Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            await work();
        }
        while (Stopwatch.GetElapsedTime(start) < s_warmUp);

        start = Stopwatch.GetTimestamp();
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            await work();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / iterations;
    }

    /// <summary>The median of single runs in seconds, for work that is long and varies; one run before them is not counted.</summary>
    public static double MedianOf(int runs, Action work) => MedianOf(runs, static () => { }, work);

    /// <summary>The same, with something to be done before each run that is not counted.</summary>
    public static double MedianOf(int runs, Action prepare, Action work)
    {
        prepare();
        work();
        var times = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            prepare();
            long start = Stopwatch.GetTimestamp();
            work();
            times[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return Summary.Of(times).Median;
    }
}
