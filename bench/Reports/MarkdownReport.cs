using System.Text;
using IpcDemos.Bench.Harness;

namespace IpcDemos.Bench.Reports;

/// <summary>A run as a Markdown table, for <c>README.md</c>.</summary>
internal static class MarkdownReport
{
    public static string Write(RunResult run)
    {
        var text = new StringBuilder();
        AppendLine(text, RunText.Headings);
        AppendLine(text, ["---", "---", "--:", "---", "--:", "--:", "--:"]);
        foreach (RowResult row in run.Rows)
        {
            foreach (Comparison comparison in row.Others)
            {
                AppendLine(text, RunText.Cells(row, comparison));
            }
        }

        return text.Append('\n').Append(RunText.Caption(run)).Append(".\n").ToString();
    }

    private static void AppendLine(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
