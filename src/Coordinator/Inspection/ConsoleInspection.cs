using System.Globalization;
using IpcDemos.Coordinator.Output;
using IpcDemos.Shared.Processes;
using Spectre.Console;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>A table of workers and one for each manager; on a terminal it is kept up to date in place.</summary>
internal sealed class ConsoleInspection(IAnsiConsole console) : IInspectionOutput
{
    private const double Mebibyte = 1024 * 1024;

    public void Show(Snapshot snapshot) => console.Write(Render(snapshot));

    public async Task ShowAllAsync(IAsyncEnumerable<Snapshot> snapshots)
    {
        if (console.Profile.Capabilities.Ansi)
        {
            await console.Live(Text.Empty).StartAsync(async live =>
            {
                await foreach (Snapshot snapshot in snapshots)
                {
                    live.UpdateTarget(Render(snapshot));
                }
            });
            return;
        }

        await foreach (Snapshot snapshot in snapshots)
        {
            Show(snapshot);
        }
    }

    private static Rows Render(Snapshot snapshot) =>
        new([CreateTable(snapshot), .. snapshot.Managers.SelectMany(ManagerTables.Of), .. Problem(snapshot)]);

    private static IEnumerable<Text> Problem(Snapshot snapshot) => snapshot.Problem is { } problem ? [new Text(PrintableText.Of(problem))] : [];

    private static Table CreateTable(Snapshot snapshot)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("name")
            .AddColumn("PID", column => column.RightAligned())
            .AddColumn("parent", column => column.RightAligned())
            .AddColumn("runs")
            .AddColumn("age", column => column.RightAligned())
            .AddColumn("CPU s", column => column.RightAligned())
            .AddColumn("RSS MiB", column => column.RightAligned());
        foreach (RunningWorker worker in snapshot.Workers)
        {
            table.AddRow(
                new Text(PrintableText.Of(worker.Name)),
                new Text(worker.ProcessId.ToString(CultureInfo.InvariantCulture)),
                new Text(worker.ParentProcessId.ToString(CultureInfo.InvariantCulture)),
                new Text(PrintableText.Of(worker.Call)),
                new Text(Age(snapshot.Time - worker.StartTime)),
                new Text(worker.ProcessorTime.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)),
                new Text((worker.WorkingSet / Mebibyte).ToString("0.0", CultureInfo.InvariantCulture)));
        }

        return table.Caption(snapshot.Workers.Count == 0 ? "no workers are running" : "", Style.Plain);
    }

    private static string Age(TimeSpan age) =>
        age.ToString(age < TimeSpan.FromDays(1) ? @"hh\:mm\:ss" : @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);
}
