using IpcDemos.Bench.Harness;
using Spectre.Console;

namespace IpcDemos.Bench.Reports;

/// <summary>A run as a table for people at a terminal.</summary>
internal static class ConsoleReport
{
    public static void Write(RunResult run)
    {
        var table = new Table().Border(TableBorder.Rounded).Caption(Markup.Escape(RunText.Caption(run)));
        foreach (string heading in RunText.Headings)
        {
            table.AddColumn(heading);
        }

        table.Columns[2].RightAligned();
        table.Columns[4].RightAligned();
        table.Columns[5].RightAligned();
        table.Columns[6].RightAligned();
        foreach (RowResult row in run.Rows)
        {
            foreach (Comparison comparison in row.Others)
            {
                string[] cells = [.. RunText.Cells(row, comparison).Select(Markup.Escape)];
                cells[5] = $"[{(comparison.Ratio >= 1 ? "green" : "yellow")}]{cells[5]}[/]";
                table.AddRow(cells);
            }
        }

        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200; // nobody's window, so nothing needs to be broken
        }

        AnsiConsole.Write(table);
    }
}
