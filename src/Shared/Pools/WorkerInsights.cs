namespace IpcDemos.Shared.Pools;

/// <summary>What one of a pool's workers is at, and where its time went.</summary>
/// <param name="Name">Its name, such as <c>PoolWorker-1</c>.</param>
/// <param name="ProcessId">Its process id; 0 while it is being launched.</param>
/// <param name="IsReady">Whether it has started and initialized.</param>
/// <param name="CurrentTask">What it runs; <see langword="null"/> when it waits.</param>
/// <param name="CurrentTime">For how long it has been running that, or waiting.</param>
/// <param name="TaskCount">How many tasks it has run.</param>
/// <param name="StartingUp">From its launch to its initializer.</param>
/// <param name="Initializing">In the initializer.</param>
/// <param name="Waiting">Without a task.</param>
/// <param name="Working">In tasks, as measured there.</param>
/// <param name="Exiting">From its dismissal, or its death, until its process was gone; zero for one that runs.</param>
/// <param name="PeakMemory">
/// The most memory it has occupied (RSS) in bytes, as seen a tenth of a second ago at most while it works; 0 if not known.
/// </param>
/// <param name="ExitCode">How it ended, −N by signal N; <see langword="null"/> if it runs.</param>
public sealed record WorkerInsights(
    string Name,
    int ProcessId,
    bool IsReady,
    string? CurrentTask,
    TimeSpan CurrentTime,
    long TaskCount,
    TimeSpan StartingUp,
    TimeSpan Initializing,
    TimeSpan Waiting,
    TimeSpan Working,
    TimeSpan Exiting,
    long PeakMemory,
    int? ExitCode);
