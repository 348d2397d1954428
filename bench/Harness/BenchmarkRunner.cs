namespace IpcDemos.Bench.Harness;

/// <summary>
/// Measures rows in rounds. Within a round the contenders of a row take turns, so that a change of the machine's load meets all
/// of them, and the first is another one each round.
/// </summary>
internal static class BenchmarkRunner
{
    /// <param name="rows">What to measure.</param>
    /// <param name="rounds">How often, at least once.</param>
    /// <param name="report">Told what is being measured.</param>
    /// <returns>The rows that could be measured, and why the others could not.</returns>
    public static (IReadOnlyList<RowResult> Results, IReadOnlyList<string> Failures) Run(
        IReadOnlyList<BenchmarkRow> rows, int rounds, Action<string> report)
    {
        var results = new List<RowResult>();
        var failures = new List<string>();
        foreach (BenchmarkRow row in rows)
        {
            try
            {
                results.Add(Measure(row, rounds, report));
            }
            catch (Exception error)
            {
                failures.Add($"{row.Name}: {error.GetBaseException().Message}");
            }
        }

        return (results, failures);
    }

    private static RowResult Measure(BenchmarkRow row, int rounds, Action<string> report)
    {
        Contender[] contenders = [row.Ours, .. row.Others];
        var figures = contenders.Select(_ => new double[rounds]).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < contenders.Length; turn++)
            {
                int index = (round + turn) % contenders.Length;
                report($"{row.Name}, round {round + 1} of {rounds}: {contenders[index].Name}");
                figures[index][round] = contenders[index].Measure();
            }
        }

        Figures[] all = [.. contenders.Zip(figures, (contender, rounds) => new Figures(contender.Name, contender.Kind, rounds))];
        return new RowResult(
            row.Name, row.Work, row.Unit, all[0], [.. all[1..].Select(theirs => Comparison.Between(row.Unit, all[0], theirs))]);
    }
}
