using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>How much processor time another process has used, as it says itself: Wine says of every process what the asking one has used.</summary>
internal static class ProcessorClock
{
    // What the system counts processor time in.
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    /// <summary>In the process that is measured: answers at this end from now on.</summary>
    public static void Start(Connection end) => new Thread(() => Answer(end)) { IsBackground = true }.Start();

    /// <summary>What the process that answers at the other end has used.</summary>
    public static TimeSpan Read(Connection end)
    {
        end.Send(true);
        return end.Receive<TimeSpan>();
    }

    /// <summary>
    /// Until these clocks stand as good as still for a while: a tick each and one of them another. What comes before is over at some
    /// time: spinning before parking, and what the runtime compiles in the background, which it may put off for long where others want
    /// the processors. Who used them while waiting would do so for ever, and fail by the test's time.
    /// </summary>
    public static async Task UntilStillAsync(params Func<TimeSpan>[] clocks)
    {
        TimeSpan last = Sum();
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
            TimeSpan before = last;
            last = Sum();
            if (last - before <= (clocks.Length + 1) * s_tick)
            {
                return;
            }
        }

        TimeSpan Sum() => clocks.Aggregate(TimeSpan.Zero, static (sum, clock) => sum + clock());
    }

    private static void Answer(Connection end)
    {
        try
        {
            while (end.Receive<bool>())
            {
                end.Send(Environment.CpuUsage.TotalTime);
            }
        }
        catch (EndOfStreamException)
        {
            // The test is over.
        }
    }
}
