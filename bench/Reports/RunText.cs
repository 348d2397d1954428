using System.Globalization;
using IpcDemos.Bench.Harness;

namespace IpcDemos.Bench.Reports;

/// <summary>What both tables say: one line per row and contender.</summary>
internal static class RunText
{
    public static IReadOnlyList<string> Headings { get; } =
        ["Row", "Unit", "Ours (min–max)", "Against", "Theirs (min–max)", "Ratio", "By round"];

    public static IEnumerable<string> Cells(RowResult row, Comparison comparison) =>
    [
        row.Name,
        row.Unit.Name,
        FigureText.Of(row.Ours.Summary),
        comparison.Figures.Name + Remark(comparison.Figures.Kind),
        FigureText.Of(comparison.Figures.Summary),
        FigureText.OfRatio(comparison.Ratio),
        FigureText.Spread(comparison.RatioByRound),
    ];

    public static string Caption(RunResult run) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.Date:yyyy-MM-dd}, {run.Machine.LogicalProcessors} × {run.Machine.Processor}, {run.Machine.System}, {run.Machine.Runtime}, {run.Machine.Python}; {run.Rounds} rounds, medians; ratio above 1: ours is better");

    private static string Remark(ContenderKind kind) => kind == ContenderKind.Limit ? " (limit)" : "";
}
