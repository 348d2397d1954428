using System.Diagnostics;

namespace IpcDemos.Shared.Platform;

/// <summary>The moment at which a wait gives up, on the system's monotonic clock; made once, so that retries share it.</summary>
internal readonly record struct Deadline
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(100);

    private readonly long _timestamp;

    private Deadline(long timestamp)
    {
        _timestamp = timestamp;
    }

    /// <summary>Never.</summary>
    public static Deadline Infinite => new(long.MaxValue);

    /// <summary>Whether it never comes.</summary>
    public bool IsInfinite => _timestamp == long.MaxValue;

    /// <summary>Whether it has come.</summary>
    public bool HasPassed => !IsInfinite && Stopwatch.GetTimestamp() >= _timestamp;

    /// <summary>The moment as <see cref="Stopwatch.GetTimestamp"/> tells it.</summary>
    public long Timestamp => _timestamp;

    /// <summary>
    /// The time left: zero once it has passed, <see cref="Timeout.InfiniteTimeSpan"/> if it never comes, and at most the
    /// longest time that the framework's own waits take (some 24 days), after which a wait has to ask again.
    /// </summary>
    public TimeSpan Remaining
    {
        get
        {
            if (IsInfinite)
            {
                return Timeout.InfiniteTimeSpan;
            }

            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _timestamp);
            return left <= TimeSpan.Zero ? TimeSpan.Zero : left.TotalMilliseconds > int.MaxValue ? TimeSpan.FromMilliseconds(int.MaxValue) : left;
        }
    }

    /// <summary>The time left in whole milliseconds, rounded up; −1 if it never comes.</summary>
    public int RemainingMilliseconds => IsInfinite ? -1 : (int)Math.Ceiling(Remaining.TotalMilliseconds);

    /// <summary>
    /// This one, but not before a tenth of a second from now: what an attempt that is not to wait, or not any longer, still
    /// allows for another process in the middle of an operation. That lasts less than a microsecond, unless the process is
    /// stopped there or has lost its processor.
    /// </summary>
    public Deadline WithGrace => !IsInfinite && After(s_grace) is var grace && grace._timestamp > _timestamp ? grace : this;

    /// <summary>
    /// The deadline of a time-out as every wait of the library takes it: <see langword="null"/> and
    /// <see cref="Timeout.InfiniteTimeSpan"/> mean never, zero and every other negative time mean now.
    /// </summary>
    public static Deadline After(TimeSpan? timeout)
    {
        if (timeout is not { } time || time == Timeout.InfiniteTimeSpan)
        {
            return Infinite;
        }

        double ticks = time.TotalSeconds * Stopwatch.Frequency;
        return ticks <= 0 ? new Deadline(0) : ticks >= long.MaxValue / 2 ? Infinite : new Deadline(Stopwatch.GetTimestamp() + (long)ticks);
    }
}
