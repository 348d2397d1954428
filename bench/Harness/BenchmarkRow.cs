namespace IpcDemos.Bench.Harness;

/// <summary>One piece of work, and everybody who does it.</summary>
/// <param name="Name"><c>group/work</c>; what <c>--rows</c> selects by.</param>
/// <param name="Work">What is timed, in a few words.</param>
/// <param name="Unit">What every contender's figure is counted in.</param>
/// <param name="Ours">The library.</param>
/// <param name="Others">Whom it is compared with.</param>
internal sealed record BenchmarkRow(string Name, string Work, Unit Unit, Contender Ours, params IReadOnlyList<Contender> Others)
{
    /// <summary>Whether a filter such as <c>pipe</c> or <c>pipe/ping-pong</c> means this row.</summary>
    public bool Matches(string filter) => Name == filter || Name.StartsWith(filter + "/", StringComparison.Ordinal);
}
