using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>How processes wait for each other: a little story for each way.</summary>
internal sealed class SynchronizationScenario : IScenario
{
    private const int Places = 2;
    private const int Cars = 4;
    private const int Runners = 3;
    private const int Loaves = 3;
    private const int Hikers = 3;

    private static readonly string[] s_stages = ["hut", "summit"];

    public string Name => "synchronization";

    public string Summary => "semaphore, event, condition and barrier: cars park, runners start, bread is sold, hikers wait for each other";

    public async Task RunAsync(ScenarioContext context)
    {
        context.Part("with a semaphore: four cars and a car park with two places");
        await ParkAllAsync(context);
        context.Part("with an event: three runners and a starting gun");
        await StartTogetherAsync(context);
        context.Part("with a condition: a baker, and customers who wait for bread");
        await SellAsync(context);
        context.Part("with a barrier: three hikers wait for each other at every stage");
        await HikeAsync(context);
    }

    private static async Task ParkAllAsync(ScenarioContext context)
    {
        using var places = new ProcessSemaphore(Places, maximumCount: Places);
        using var parked = new SharedValue<int>();
        using var found = new SharedArray<int>(Cars);
        WorkerProcess[] cars = await RunAllAsync(
            context, Cars, number => context.CreateWorker(Park, number, places, parked, found, context.D(0.25)));

        foreach ((int index, WorkerProcess car) in cars.Index())
        {
            context.CheckLines(context.LinesOf(car), $"car {index + 1} parks", $"car {index + 1} leaves");
        }

        context.Check(found.All(count => count is >= 1 and <= Places), $"There were {found.Max()} cars in {Places} places.");
        context.Check(places.CurrentCount == Places, $"All {Places} places should be free again; {places.CurrentCount} are.");
    }

    private static void Park(int number, ProcessSemaphore places, SharedValue<int> parked, SharedArray<int> found, TimeSpan stay)
    {
        using (places.Hold())
        {
            found[number - 1] = parked.Increment();
            Console.WriteLine($"car {number} parks");
            Thread.Sleep(stay);
            _ = parked.Decrement();
        }

        Console.WriteLine($"car {number} leaves");
    }

    private static async Task StartTogetherAsync(ScenarioContext context)
    {
        // A semaphore that nobody has anything of is a signal that can be counted.
        using var ready = new ProcessSemaphore(initialCount: 0);
        using var gun = new ProcessEvent();
        using var running = new SharedValue<int>();
        WorkerProcess[] runners = StartAll(Runners, number => context.CreateWorker(Race, number, ready, gun, running));
        for (int waiting = 0; waiting < Runners; waiting++)
        {
            _ = await ready.AcquireAsync(cancellationToken: context.CancellationToken);
        }

        context.Check(running.Value == 0, $"Nobody should run before the gun; {running.Value} did.");
        context.Print("go!");
        gun.Set();
        await context.JoinAsync(runners);

        foreach ((int index, WorkerProcess runner) in runners.Index())
        {
            context.CheckLines(context.LinesOf(runner), $"runner {index + 1} is ready", $"runner {index + 1} runs");
        }
    }

    private static void Race(int number, ProcessSemaphore ready, ProcessEvent gun, SharedValue<int> running)
    {
        Console.WriteLine($"runner {number} is ready");
        ready.Release();
        _ = gun.Wait();
        _ = running.Increment();
        Console.WriteLine($"runner {number} runs");
    }

    private static async Task SellAsync(ScenarioContext context)
    {
        using var shelf = new ProcessCondition();
        using var loaves = new SharedValue<int>();
        WorkerProcess[] customers = StartAll(Loaves, number => context.CreateWorker(Buy, number, shelf, loaves));
        WorkerProcess baker = context.CreateWorker(Bake, shelf, loaves, context.D(0.1));
        baker.Start();
        await context.JoinAsync([baker, .. customers]);

        context.CheckLines(context.LinesOf(baker), Enumerable.Range(1, Loaves).Select(number => $"loaf {number} is baked"));
        foreach ((int index, WorkerProcess customer) in customers.Index())
        {
            context.CheckLines(context.LinesOf(customer), $"customer {index + 1} has bread");
        }

        context.Check(loaves.Value == 0, $"Every loaf should be sold, and once; {loaves.Value} are left.");
    }

    private static void Bake(ProcessCondition shelf, SharedValue<int> loaves, TimeSpan time)
    {
        for (int number = 1; number <= Loaves; number++)
        {
            Thread.Sleep(time);
            using (shelf.Hold())
            {
                loaves.Value++;
                Console.WriteLine($"loaf {number} is baked");
                shelf.Notify();
            }
        }
    }

    private static void Buy(int number, ProcessCondition shelf, SharedValue<int> loaves)
    {
        using (shelf.Hold())
        {
            _ = shelf.WaitFor(() => loaves.Value > 0);
            loaves.Value--;
            Console.WriteLine($"customer {number} has bread");
        }
    }

    private static async Task HikeAsync(ScenarioContext context)
    {
        using var meeting = new ProcessBarrier(Hikers);
        using var arrived = new SharedArray<int>(s_stages.Length);
        WorkerProcess[] hikers = await RunAllAsync(
            context, Hikers, number => context.CreateWorker(Hike, number, meeting, arrived, context.D(0.1 * number)));

        foreach ((int index, WorkerProcess hiker) in hikers.Index())
        {
            context.CheckLines(
                context.LinesOf(hiker),
                s_stages.SelectMany(stage => new[]
                {
                    $"hiker {index + 1} is at the {stage}",
                    $"hiker {index + 1} leaves the {stage}, where {Hikers} have met",
                }));
        }
    }

    private static void Hike(int number, ProcessBarrier meeting, SharedArray<int> arrived, TimeSpan pace)
    {
        foreach ((int index, string stage) in s_stages.Index())
        {
            Thread.Sleep(pace);
            _ = Interlocked.Increment(ref arrived[index]);
            Console.WriteLine($"hiker {number} is at the {stage}");
            _ = meeting.Wait();
            Console.WriteLine($"hiker {number} leaves the {stage}, where {arrived[index]} have met");
        }
    }

    private static WorkerProcess[] StartAll(int count, Func<int, WorkerProcess> create)
    {
        WorkerProcess[] workers = [.. Enumerable.Range(1, count).Select(create)];
        Array.ForEach(workers, worker => worker.Start());
        return workers;
    }

    private static async Task<WorkerProcess[]> RunAllAsync(ScenarioContext context, int count, Func<int, WorkerProcess> create)
    {
        WorkerProcess[] workers = StartAll(count, create);
        await context.JoinAsync(workers);
        return workers;
    }
}
