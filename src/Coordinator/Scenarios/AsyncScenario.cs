using System.Collections.Concurrent;
using IpcDemos.Coordinator.Running;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Three tasks that share one thread and hand over to each other at every await.</summary>
internal sealed class AsyncScenario : IScenario
{
    private const int Steps = 3;

    private static readonly string[] s_names = ["A", "B", "C"];

    public string Name => "async";

    public string Summary => "three tasks take turns on one thread: the program switches between them, not the system";

    public async Task RunAsync(ScenarioContext context)
    {
        var threads = new ConcurrentBag<int>();

        // A thread of its own, because the loop occupies the one it runs on until all tasks are through.
        await Task.Factory.StartNew(
            () => EventLoop.Run(() => Task.WhenAll(s_names.Select(name => StepAsync(name)))),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        context.Check(threads.Distinct().Count() == 1, $"All steps should run on one thread; they ran on {threads.Distinct().Count()}.");
        context.CheckLines(
            context.Lines.Select(line => line[.."task A step 1".Length]),
            from step in Enumerable.Range(1, Steps) from name in s_names select $"task {name} step {step}");

        async Task StepAsync(string name)
        {
            for (int step = 1; step <= Steps; step++)
            {
                threads.Add(Environment.CurrentManagedThreadId);
                context.Print($"task {name} step {step} on thread {Environment.CurrentManagedThreadId}");
                await Task.Yield();
            }
        }
    }

    /// <summary>Runs what the tasks have left to do in turn on the thread that calls <see cref="Run"/>, as asyncio's loop does.</summary>
    private sealed class EventLoop : SynchronizationContext
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _ready = [];

        public static void Run(Func<Task> main)
        {
            var loop = new EventLoop();
            SetSynchronizationContext(loop);
            Task task = main();
            _ = task.ContinueWith(_ => loop._ready.CompleteAdding(), TaskScheduler.Default);
            foreach ((SendOrPostCallback callback, object? state) in loop._ready.GetConsumingEnumerable())
            {
                callback(state);
            }

            task.GetAwaiter().GetResult();
        }

        public override void Post(SendOrPostCallback d, object? state) => _ready.Add((d, state));
    }
}
