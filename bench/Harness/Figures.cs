namespace IpcDemos.Bench.Harness;

/// <summary>One contender's figures, one per round, in the row's unit.</summary>
internal sealed record Figures(string Name, ContenderKind Kind, IReadOnlyList<double> Rounds)
{
    public Summary Summary => Summary.Of([.. Rounds]);
}
