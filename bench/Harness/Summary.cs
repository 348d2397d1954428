namespace IpcDemos.Bench.Harness;

/// <summary>What several rounds gave: the one in the middle, and the spread.</summary>
internal sealed record Summary(double Median, double Minimum, double Maximum)
{
    public static Summary Of(IReadOnlyCollection<double> figures) => new(MedianOf(figures), figures.Min(), figures.Max());

    private static double MedianOf(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
