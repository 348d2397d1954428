using System.Runtime.CompilerServices;
using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using Microsoft.Extensions.Logging;

namespace IpcDemos.TestWorker.Commands;

/// <summary>
/// Drops pools that nobody has completed or disposed of, collects garbage, and prints what the log says: of a pool that is <c>idle</c>,
/// <c>busy</c> with tasks that are awaited, or in the midst of a <c>map</c>; <c>seemly</c> ones have been completed or disposed of. The pool's
/// workers must end although this program goes on.
/// </summary>
public static class ForgetPool
{
    private static readonly ManualResetEventSlim s_told = new();

    public static int Run(string[] args)
    {
        using var listener = new Listener();
        _ = ProcessLog.LogTo(listener);
        switch (args[0])
        {
            case "idle":
                Console.WriteLine(ForgetIdle());
                break;
            case "busy":
                using (var gate = new ProcessEvent())
                {
                    (Task<int> running, Task<int[]> waiting) = ForgetBusy(gate);
                    CollectUntil(() => s_told.Wait(10));
                    gate.Set(); // only now, when the pool has been found, can the tasks end
                    Console.WriteLine(running.Result);
                    Console.WriteLine(waiting.Result.Sum());
                }

                break;
            case "map":
                Console.WriteLine(SumOfForgottenMap());
                break;
            default:
                UseAndEnd();
                CollectUntil(static () => true);
                Console.WriteLine(ForgetIdle()); // whoever is told of the others is told before this one
                break;
        }

        CollectUntil(static () => WorkerProcess.ActiveChildren is not [var worker, ..] || worker.Sentinel.Wait(10));
        CollectUntil(() => s_told.Wait(10));
        return 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ForgetIdle() => new ProcessPool(2).Invoke(static () => 42);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Task<int> Running, Task<int[]> Waiting) ForgetBusy(ProcessEvent gate)
    {
        var pool = new ProcessPool(1);
        return (pool.Submit(WaitFor, gate), Task.WhenAll(Enumerable.Range(0, 10).Select(number => pool.Submit(Double, number))));
    }

    /// <summary>Nobody but the map knows its pool, which is collected many times while the map submits one chunk after the other.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int SumOfForgottenMap()
    {
        Task<int[]> results = new ProcessPool(2).MapAsync(
            static item => item, Collecting(Enumerable.Range(0, 50)), new PoolMapOptions { ChunkSize = 1 });
        return results.Result.Sum();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseAndEnd()
    {
        var completed = new ProcessPool(1);
        _ = completed.Invoke(static () => 42);
        completed.CompleteAsync().Wait();
        new ProcessPool(1).Dispose();
        new ProcessPool(1).StopAsync().Wait();
    }

    private static IEnumerable<int> Collecting(IEnumerable<int> items)
    {
        foreach (int item in items)
        {
            CollectUntil(static () => true);
            yield return item;
        }
    }

    private static void CollectUntil(Func<bool> condition)
    {
        do
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        while (!condition());
    }

    private static int Double(int number) => number * 2;

    private static int WaitFor(ProcessEvent gate)
    {
        gate.Wait();
        return 42;
    }

    private sealed class Listener : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Console.WriteLine($"{logLevel}: {formatter(state, exception)}");
            s_told.Set();
        }

        public void Dispose()
        {
        }
    }
}
