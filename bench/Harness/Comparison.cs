namespace IpcDemos.Bench.Harness;

/// <summary>Another contender's figures, and how many times as good ours are.</summary>
/// <param name="Figures">Theirs.</param>
/// <param name="Ratio">The ratio of the medians; above 1 we are better.</param>
/// <param name="RatioByRound">The ratio within each round, where both met the same load on the machine.</param>
internal sealed record Comparison(Figures Figures, double Ratio, Summary RatioByRound)
{
    public static Comparison Between(Unit unit, Figures ours, Figures theirs) => new(
        theirs,
        unit.Ratio(ours.Summary.Median, theirs.Summary.Median),
        Summary.Of([.. ours.Rounds.Zip(theirs.Rounds, unit.Ratio)]));
}
