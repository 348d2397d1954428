using System.Diagnostics;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Lets a thread that waits for another process look again and again for a moment before it sleeps, as long as that pays: waking a
/// sleeper costs tens of microseconds where its processor has halted, looking again costs one.
/// </summary>
/// <remarks>
/// Looking is in vain when the other side is slow, and when the system has put both sides on one processor, where the other cannot
/// go on before this one sleeps. So each wait in which it was in vain doubles the number of waits that follow without it, and each
/// in which it was not halves it. It does not yield: where other programs are busy, they would keep the processor for
/// milliseconds. For one thread at a time; a field, not to be copied.
/// </remarks>
internal struct ReadSpin
{
    private const int MostSkipped = 256;
    private const int PauseIterations = 10;

    // Longer than waking a sleeper takes: otherwise two sides that both sleep would never find out that neither needs to.
    private static readonly long s_longest = Environment.ProcessorCount > 1 ? Stopwatch.Frequency / 10_000 : 0;

    private long _end;
    private int _skipped;
    private int _skippedAfterNext;

    /// <summary>A wait begins: whether to look again for a moment, until <see cref="Pause"/> says no.</summary>
    public bool Begin()
    {
        if (_skipped > 0)
        {
            _skipped--;
            return false;
        }

        _end = Stopwatch.GetTimestamp() + s_longest;
        return true;
    }

    /// <summary>Lets a moment pass; false when it is time to sleep.</summary>
    public readonly bool Pause()
    {
        Thread.SpinWait(PauseIterations);
        return Stopwatch.GetTimestamp() < _end;
    }

    /// <summary>What was waited for came, or did not come, before it was time to sleep.</summary>
    public void End(bool hasCome)
    {
        _skippedAfterNext = hasCome ? _skippedAfterNext / 2 : Math.Clamp(_skippedAfterNext * 2, 1, MostSkipped);
        _skipped = _skippedAfterNext;
    }
}
