using System.Globalization;
using IpcDemos.Coordinator.Running;
using IpcDemos.Coordinator.Scenarios;
using IpcDemos.Shared.Pools;
using Spectre.Console;

namespace IpcDemos.Coordinator.Output;

/// <summary>What people see: a title, the lines with who printed them, and how it ended.</summary>
internal sealed class ConsoleOutput(IAnsiConsole console) : IScenarioOutput
{
    private const int ProcessColumn = 12;
    private const int ProcessIdColumn = 7;
    private const int ChartWidth = 72;

    private static readonly Color[] s_colors =
        [Color.Aqua, Color.Lime, Color.Yellow, Color.Fuchsia, Color.DodgerBlue1, Color.Orange1, Color.SpringGreen1, Color.HotPink];

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Color> _colors = [];

    public void List(IReadOnlyList<IScenario> scenarios)
    {
        int width = scenarios.Max(scenario => scenario.Name.Length);
        foreach (IScenario scenario in scenarios)
        {
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{scenario.Name.PadRight(width)}[/]  {scenario.Summary}");
        }
    }

    public void Start(IScenario scenario)
    {
        lock (_lock)
        {
            _colors.Clear();
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold underline]{scenario.Name}[/]: {scenario.Summary}");
        }
    }

    public void Part(string scenario, string title)
    {
        lock (_lock)
        {
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{scenario} {title}[/]");
        }
    }

    public void Line(string scenario, ScenarioLine line)
    {
        lock (_lock)
        {
            if (!_colors.TryGetValue(line.ProcessId, out Color color))
            {
                _colors.Add(line.ProcessId, color = s_colors[_colors.Count % s_colors.Length]);
            }

            string process = line.Process.PadRight(ProcessColumn);
            string processId = line.ProcessId.ToString(CultureInfo.InvariantCulture).PadLeft(ProcessIdColumn);
            console.MarkupLineInterpolated(
                CultureInfo.InvariantCulture, $"  [{color.ToMarkup()}]{process} {processId}[/]  {PrintableText.Of(line.Text)}");
        }
    }

    public void Chart(string title, IReadOnlyList<(string Label, double Value)> bars)
    {
        BarChart chart = new BarChart().Width(ChartWidth).Label(title).LeftAlignLabel();
        foreach ((int index, (string label, double value)) in bars.Index())
        {
            chart.AddItem(label, Math.Round(value, 1), s_colors[index % s_colors.Length]);
        }

        lock (_lock)
        {
            console.Write(chart);
        }
    }

    public Task ShowProgressAsync(string title, Func<IProgress<PoolProgress>, Task> work) =>
        console.Profile.Capabilities is { Interactive: true, Ansi: true }
            ? console.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
                .StartAsync(progress => work(new ProgressBar(progress.AddTask(title))))
            : work(new UnseenProgress());

    public void End(ScenarioResult result)
    {
        lock (_lock)
        {
            foreach (string failure in result.Failures)
            {
                console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [red]{PrintableText.Of(failure)}[/]");
            }

            string workers = result.Workers.Count switch { 0 => "no workers", 1 => "1 worker", int count => $"{count} workers" };
            console.MarkupLine(string.Create(
                CultureInfo.InvariantCulture, $"  {Verdict(result)} in {result.Elapsed.TotalSeconds:0.00} s, {workers}"));
            console.WriteLine();
        }
    }

    public void Finish(IReadOnlyList<ScenarioResult> results)
    {
        // For a single scenario the table would only repeat the line above it.
        if (results.Count < 2)
        {
            return;
        }

        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("scenario")
            .AddColumn("check")
            .AddColumn("seconds", column => column.RightAligned())
            .AddColumn("workers", column => column.RightAligned());
        foreach (ScenarioResult result in results)
        {
            table.AddRow(
                result.Scenario,
                Verdict(result),
                result.Elapsed.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture),
                result.Workers.Count.ToString(CultureInfo.InvariantCulture));
        }

        lock (_lock)
        {
            console.Write(table);
            int held = results.Count(result => result.Ok);
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{held} of {results.Count} scenarios held.");
        }
    }

    private static string Verdict(ScenarioResult result) => result.Ok ? "[green]ok[/]" : "[red]FAILED[/]";
}
