using System.Globalization;
using IpcDemos.Bench.Harness;

namespace IpcDemos.Bench.Reports;

/// <summary>How figures are written in every report: three digits that count, and no more.</summary>
internal static class FigureText
{
    public static string Of(double figure) => figure switch
    {
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{figure / 1_000_000:0.00}M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{figure / 1_000:0}k"),
        >= 100 => string.Create(CultureInfo.InvariantCulture, $"{figure:0}"),
        >= 10 => string.Create(CultureInfo.InvariantCulture, $"{figure:0.0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{figure:0.00}"),
    };

    /// <summary>The median and, behind it, the spread.</summary>
    public static string Of(Summary summary) => $"{Of(summary.Median)} ({Spread(summary)})";

    public static string Spread(Summary summary) => $"{Of(summary.Minimum)}–{Of(summary.Maximum)}";

    public static string OfRatio(double ratio) => Of(ratio) + "×";
}
