using System.Diagnostics;
using System.Globalization;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Soak;

/// <summary>Clients that use all a server has, and are killed again and again. At the end nothing of theirs may be left.</summary>
internal sealed class ManagerSoak(ManagerSoakOptions options, Action<string> report)
{
    private const int Slots = 2;
    private const int Reports = 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _faults = [];
    private int _killed;

    /// <summary>Whether everything held.</summary>
    public async Task<bool> RunAsync()
    {
        WorkerProcess[] others = [.. Enumerable.Range(0, options.Load).Select(static _ => new WorkerProcess(SoakLoad.TakeAProcessor))];
        Array.ForEach(others, static other => other.Start());
        Manager manager = await Manager.StartAsync();
        await using (manager)
        {
            using SharedNamespace space = manager.CreateNamespace();
            space.Set(ManagerSoakClient.Rounds, 0L);
            space.Set(ManagerSoakClient.Inside, 0);
            space.Set(ManagerSoakClient.Crowds, 0);
            using SharedLock mutex = manager.CreateLock();
            using SharedSemaphore slots = manager.CreateSemaphore(Slots, Slots);
            using SharedQueue<int> queue = manager.CreateQueue<int>();
            using var progress = new SharedArray<long>(options.Clients);
            int objects = manager.Inspect().Objects.Count;

            await TormentAsync(manager, progress, index => WorkerProcess.Create(
                ManagerSoakClient.Run, manager.Address, manager.Key, space, mutex, slots, queue, progress, index));

            await WaitUntilAloneAsync(manager, objects);
            long rounds = space.Get<long>(ManagerSoakClient.Rounds);
            long noted = progress.Sum();
            Check(rounds >= noted && rounds <= noted + _killed + options.Clients, $"{rounds} rounds were counted and {noted} noted");
            Check(space.Get<int>(ManagerSoakClient.Crowds) == 0, "there were several clients inside the lock");
            Check(mutex.Acquire(s_patience), "a dead client has kept the lock");
            for (int slot = 0; slot < Slots; slot++)
            {
                Check(slots.Acquire(s_patience), $"dead clients have kept {Slots - slot} counts of the semaphore");
            }

            report(Status(manager, progress));
        }

        Array.ForEach(others, static other => other.Dispose());
        int left = ProcessRegistry.List().Count(static worker => worker.ParentProcessId == Environment.ProcessId);
        Check(left == 0, $"{left} processes are left");
        Check(_killed > 0, "nobody was killed");
        _faults.ForEach(fault => report($"Does not hold: {fault}."));
        return _faults.Count == 0;
    }

    private async Task TormentAsync(Manager manager, SharedArray<long> progress, Func<int, WorkerProcess> create)
    {
        var clients = new WorkerProcess[options.Clients];
        long[] before = new long[options.Clients];
        for (int index = 0; index < clients.Length; index++)
        {
            Start(index);
        }

        long start = Stopwatch.GetTimestamp();
        int reports = 0;
        for (int turn = 0; Stopwatch.GetElapsedTime(start) < options.Duration; turn++)
        {
            await Task.Delay(options.KillEvery);

            // One that has done nothing yet is left alone: with none ever getting to work there would be nothing to see.
            int index = turn % clients.Length;
            Check(clients[index].IsAlive, $"client {index} has ended: {clients[index].Error?.Message}");
            if (progress[index] > before[index])
            {
                clients[index].Kill();
                _killed++;
                await EndAsync(index);
                Start(index);
            }

            if (Stopwatch.GetElapsedTime(start) > options.Duration / Reports * (reports + 1))
            {
                reports++;
                report(Status(manager, progress));
            }
        }

        for (int index = 0; index < clients.Length; index++)
        {
            clients[index].Kill();
            await EndAsync(index);
        }

        void Start(int index)
        {
            before[index] = progress[index];
            clients[index] = create(index);
            clients[index].Start();
        }

        async Task EndAsync(int index)
        {
            await clients[index].JoinAsync();
            clients[index].Dispose();
        }
    }

    /// <summary>The server learns of each death from its connection; that takes it no longer than the news needs.</summary>
    private async Task WaitUntilAloneAsync(Manager manager, int objects)
    {
        long start = Stopwatch.GetTimestamp();
        ManagerInspection seen;
        while ((seen = manager.Inspect()) is var now && (now.Clients.Count > 1 || now.Objects.Count > objects))
        {
            if (Stopwatch.GetElapsedTime(start) > s_patience)
            {
                break;
            }

            await Task.Delay(10);
        }

        Check(seen.Clients.Count == 1, $"the server still has {seen.Clients.Count - 1} clients that are dead");
        Check(seen.Objects.Count == objects, $"the server still has {seen.Objects.Count - objects} objects of dead clients");
    }

    private string Status(Manager manager, SharedArray<long> progress)
    {
        ManagerInspection seen = manager.Inspect();
        using var server = Process.GetProcessById(manager.Worker!.ProcessId!.Value);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Sum()} rounds, {_killed} killed; server: {seen.Objects.Count} objects, {seen.Clients.Count} clients, "
            + $"RSS {server.WorkingSet64 >> 20} MiB, {server.HandleCount} handles, {server.Threads.Count} threads");
    }

    private void Check(bool holds, string fault)
    {
        if (!holds)
        {
            _faults.Add(fault);
        }
    }
}
