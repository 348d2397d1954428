using System.Diagnostics;
using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Bench.Rows;

/// <summary>Milliseconds from the kill of the process that holds a lock until another one has it: the median of some deaths.</summary>
internal static class LockAfterDeath
{
    private const int Deaths = 15;
    private static readonly TimeSpan s_untilParked = TimeSpan.FromMilliseconds(20);

    /// <summary>One that waits for it already, or comes once the holder has been killed.</summary>
    /// <typeparam name="T">The kind of lock.</typeparam>
    /// <param name="create">Makes a free one.</param>
    /// <param name="hold">Acquires it in the process that is to be killed.</param>
    /// <param name="acquire">Acquires it in this one.</param>
    /// <param name="isLate">Whether it comes only after the kill.</param>
    public static double Of<T>(Func<T> create, Action<T> hold, Action<T> acquire, bool isLate = false)
        where T : IDisposable => MedianOfDeaths(() =>
        {
            using T mutex = create();
            return Milliseconds(held => WorkerProcess.Create(HoldForEver, mutex, hold, held), () => acquire(mutex), isLate);
        });

    /// <summary>No lock at all: until one that waits for the end of the process has learnt of it.</summary>
    public static double OfProcessAlone() => MedianOfDeaths(() =>
    {
        Process? process = null;
        double milliseconds = Milliseconds(
            held => WorkerProcess.Create(HoldNothingForEver, held),
            () => process!.WaitForExit(),
            isLate: false,
            holder => process = Process.GetProcessById(holder));
        process!.Dispose();
        return milliseconds;
    });

    private static double MedianOfDeaths(Func<double> once) => Summary.Of([.. Enumerable.Range(0, Deaths).Select(_ => once())]).Median;

    private static double Milliseconds(Func<ProcessEvent, WorkerProcess> create, Action wait, bool isLate, Action<int>? prepare = null)
    {
        using var held = new ProcessEvent();
        using WorkerProcess holder = create(held);
        holder.Start();
        _ = held.Wait();
        prepare?.Invoke(holder.ProcessId!.Value);
        long noticed = 0;
        var waiting = new Thread(() =>
        {
            wait();
            noticed = Stopwatch.GetTimestamp();
        });
        if (!isLate)
        {
            waiting.Start();
            Thread.Sleep(s_untilParked);
        }

        long killed = Stopwatch.GetTimestamp();
        holder.Kill();
        if (isLate)
        {
            waiting.Start();
        }

        waiting.Join();
        return Stopwatch.GetElapsedTime(killed, noticed).TotalMilliseconds;
    }

    private static void HoldForEver<T>(T mutex, Action<T> hold, ProcessEvent held)
    {
        hold(mutex);
        HoldNothingForEver(held);
    }

    private static void HoldNothingForEver(ProcessEvent held)
    {
        held.Set();
        _ = new ManualResetEvent(false).WaitOne();
    }
}
