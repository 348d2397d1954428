using System.Globalization;
using System.Net;
using System.Text;
using IpcDemos.Bench.Harness;

namespace IpcDemos.Bench.Reports;

/// <summary>The ratios of a run as an SVG: a bar per row and contender on a logarithmic axis, to the right of 1 where ours is better.</summary>
internal static class RatioPlot
{
    private const int LabelWidth = 430;
    private const int PlotWidth = 460;
    private const int FigureWidth = 70;
    private const int LineHeight = 22;
    private const int Top = 34;

    public static string Draw(RunResult run)
    {
        (string Label, ContenderKind Kind, double Ratio)[] bars =
        [
            .. run.Rows.SelectMany(row => row.Others.Select(other => ($"{row.Name} vs {other.Figures.Name}", other.Figures.Kind, other.Ratio))),
        ];
        int first = (int)Math.Floor(Math.Log10(bars.Select(bar => bar.Ratio).Append(0.5).Min()));
        int last = (int)Math.Ceiling(Math.Log10(bars.Select(bar => bar.Ratio).Append(2).Max()));
        double X(double ratio) => LabelWidth + ((Math.Log10(ratio) - first) / (last - first) * PlotWidth);

        int height = Top + (bars.Length * LineHeight) + 10;
        var svg = new StringBuilder();
        Append(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LabelWidth + PlotWidth + FigureWidth} {height}" """);
        svg.Append("""font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>""").Append('\n');
        for (int power = first; power <= last; power++)
        {
            double x = X(Math.Pow(10, power));
            string colour = power == 0 ? "#444" : "#ccc";
            Append(svg, $"""<line x1="{x:0.#}" x2="{x:0.#}" y1="{Top - 8}" y2="{height - 8}" stroke="{colour}"/>""");
            Append(svg, $"""<text x="{x:0.#}" y="{Top - 14}" text-anchor="middle" fill="#444">{Math.Pow(10, power):0.###}×</text>""");
            svg.Append('\n');
        }

        for (int index = 0; index < bars.Length; index++)
        {
            var (label, kind, ratio) = bars[index];
            int y = Top + (index * LineHeight);
            double from = Math.Min(X(ratio), X(1));
            double width = Math.Abs(X(ratio) - X(1));
            Append(svg, $"""<text x="{LabelWidth - 8}" y="{y + 13}" text-anchor="end" fill="#222">{WebUtility.HtmlEncode(label)}</text>""");
            Append(svg, $"""<rect x="{from:0.#}" y="{y + 2}" width="{width:0.#}" height="{LineHeight - 7}" fill="{Colour(kind)}"/>""");
            Append(svg, $"""<text x="{from + width + 5:0.#}" y="{y + 13}" fill="#222">{FigureText.OfRatio(ratio)}</text>""");
            svg.Append('\n');
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Colour(ContenderKind kind) => kind switch
    {
        ContenderKind.CPython => "#3b76b0",
        ContenderKind.DotNet => "#7b5cc4",
        _ => "#999",
    };

    private static void Append(StringBuilder svg, FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));
}
