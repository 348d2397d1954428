using System.Diagnostics;

namespace IpcDemos.Shared.Pools;

/// <summary>What one worker's time went into. Guarded by the scheduler's lock.</summary>
internal sealed class WorkerMeter
{
    /// <summary>From its creation to the initializer.</summary>
    public TimeSpan StartingUp { get; set; }

    public TimeSpan Initializing { get; set; }

    /// <summary>Without a task, in ticks of the <see cref="Stopwatch"/>.</summary>
    public long Waiting { get; set; }

    public TimeSpan Working { get; private set; }

    /// <summary>From its dismissal, or its death, to the end of its process.</summary>
    public TimeSpan Exiting { get; set; }

    /// <summary>The most memory that it was seen to occupy, in bytes.</summary>
    public long PeakMemory { get; set; }

    /// <summary>How many tasks it has answered.</summary>
    public long Answered { get; private set; }

    public void Add(long microseconds)
    {
        Answered++;
        Working += TimeSpan.FromMicroseconds(microseconds);
    }
}
