using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// Workers at full speed, of which one is killed and replaced, or stopped for a while, every few milliseconds.
/// IPCDEMOS_STRESS_SECONDS makes it last longer. What goes wrong is an <see cref="InvalidOperationException"/>.
/// </summary>
internal sealed class Torment
{
    /// <summary>How long it lasts if nobody says.</summary>
    private static readonly TimeSpan s_duration =
        TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("IPCDEMOS_STRESS_SECONDS"), out int seconds) ? seconds : 4);

    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(60);

    private readonly Func<int, WorkerProcess> _create;
    private readonly WorkerProcess[] _workers;
    private readonly int[] _kills;
    private readonly TimeSpan _duration;
    private readonly Random _random = new();

    /// <summary>Starts the workers.</summary>
    /// <param name="count">How many there are at any time.</param>
    /// <param name="create">Makes the worker of an index, or the one in its place.</param>
    /// <param name="duration">How long the torment lasts; a few seconds if not given.</param>
    public Torment(int count, Func<int, WorkerProcess> create, TimeSpan? duration = null)
    {
        _create = create;
        _duration = duration ?? s_duration;
        _workers = new WorkerProcess[count];
        _kills = new int[count];
        for (int index = 0; index < count; index++)
        {
            Start(index);
        }
    }

    /// <summary>How many workers were killed in this place.</summary>
    public int Kills(int index) => _kills[index];

    /// <summary>How many workers were killed.</summary>
    public int AllKills => _kills.Sum();

    /// <summary>The worker that is in a place now.</summary>
    public WorkerProcess Worker(int index) => _workers[index];

    /// <summary>Torments the workers for some seconds, in which none may end by itself.</summary>
    /// <param name="progress">
    /// What grows while the workers get on. Where starting a process takes longer than the others are left alone, nobody would ever
    /// get to work: so the next one dies at a random instant after this has grown again. That it does not for a minute is a failure:
    /// nobody is killed meanwhile, so that no newcomer gets those going again who were left asleep.
    /// </param>
    /// <param name="limit">Ends it earlier, once the progress has got there.</param>
    public async Task RunAsync(Func<long>? progress = null, long limit = long.MaxValue)
    {
        long end = Environment.TickCount64 + (long)_duration.TotalMilliseconds;
        long seen = 0;
        while (Environment.TickCount64 < end && seen < limit)
        {
            if (progress is not null)
            {
                seen = await GrownAsync(progress, limit);
            }

            await Task.Delay(_random.Next(1, 35));
            int index = _random.Next(_workers.Length);
            Require(_workers[index].IsAlive, $"Worker {index} has ended by itself: {_workers[index].Error}");
            if (!OperatingSystem.IsWindows() && _random.Next(3) == 0)
            {
                int processId = _workers[index].ProcessId!.Value;
                Signals.Stop(processId);
                await Task.Delay(_random.Next(1, 15));
                Signals.Continue(processId);
            }
            else
            {
                await KillAsync(index);
                Start(index);
            }
        }
    }

    /// <summary>Torments the workers beside a party that is spared, and may not end meanwhile.</summary>
    /// <param name="spared">That party. What makes it end is what went wrong.</param>
    /// <param name="progress">As for <see cref="RunAsync"/>.</param>
    public async Task RunBesideAsync(Task spared, Func<long> progress)
    {
        Task torment = RunAsync(progress);
        if (await Task.WhenAny(torment, spared) == spared)
        {
            await spared;
            Require(false, "The party that is spared has left.");
        }

        await torment;
    }

    /// <summary>Waits until the workers, whom nobody torments meanwhile, have got somewhere.</summary>
    public static async Task UntilAsync(Func<bool> isThere)
    {
        _ = await GrownAsync(() => isThere() ? 1 : 0, limit: 1);
    }

    /// <summary>Kills a worker, and does not replace it.</summary>
    public async Task KillAsync(int index)
    {
        _workers[index].Kill();
        await _workers[index].JoinAsync();
        _workers[index].Dispose();
        _kills[index]++;
    }

    /// <summary>Kills all of them, which must all have lived until then.</summary>
    public async Task KillAllAsync()
    {
        for (int index = 0; index < _workers.Length; index++)
        {
            Require(_workers[index].IsAlive, $"Worker {index} has ended by itself: {_workers[index].Error}");
            await KillAsync(index);
        }
    }

    /// <summary>Waits until a worker has ended by itself, as it should.</summary>
    public async Task JoinAsync(int index)
    {
        await _workers[index].JoinAsync();
        Require(_workers[index].ExitCode == 0, $"Worker {index} has failed: {_workers[index].Error}");
        _workers[index].Dispose();
    }

    private void Start(int index) => (_workers[index] = _create(index)).Start();

    private static async Task<long> GrownAsync(Func<long> progress, long limit)
    {
        long seen = progress();
        long end = Environment.TickCount64 + (long)s_tooLong.TotalMilliseconds;
        long now;
        while ((now = progress()) == seen && now < limit)
        {
            Require(Environment.TickCount64 < end, $"Nobody has got on for {s_tooLong.TotalSeconds} s, after {seen}.");
            await Task.Delay(1);
        }

        return now;
    }

    /// <summary>Throws an <see cref="InvalidOperationException"/> with the fault unless something holds.</summary>
    public static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new InvalidOperationException(fault);
        }
    }
}
