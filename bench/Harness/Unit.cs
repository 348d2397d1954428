namespace IpcDemos.Bench.Harness;

/// <summary>What a row's figures are counted in, and which way is better.</summary>
internal sealed record Unit(string Name, bool HigherIsBetter)
{
    public static Unit Milliseconds { get; } = new("ms", HigherIsBetter: false);

    public static Unit Microseconds { get; } = new("µs", HigherIsBetter: false);

    public static Unit Nanoseconds { get; } = new("ns", HigherIsBetter: false);

    public static Unit OperationsPerSecond { get; } = new("1/s", HigherIsBetter: true);

    /// <summary>10⁶ bytes per second.</summary>
    public static Unit MegabytesPerSecond { get; } = new("MB/s", HigherIsBetter: true);

    /// <summary>How many times as good <paramref name="ours"/> is: above 1 we are better, whatever the unit.</summary>
    public double Ratio(double ours, double theirs) => HigherIsBetter ? ours / theirs : theirs / ours;
}
