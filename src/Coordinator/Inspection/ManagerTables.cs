using System.Globalization;
using IpcDemos.Coordinator.Output;
using IpcDemos.Shared.Managers;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>What a manager's server hosts, and for whom, as people read it.</summary>
internal static class ManagerTables
{
    private const int MostObjects = 50;

    public static IEnumerable<IRenderable> Of(RunningManager manager)
    {
        if (manager.Inspection is not { } inspection)
        {
            yield return Line($"Manager with PID {manager.ProcessId}: {manager.Problem}");
            yield break;
        }

        yield return Line($"{manager.Name} (PID {manager.ProcessId}), a manager at {manager.Address}");
        yield return Objects(inspection.Objects);
        yield return Clients(inspection.Clients);
    }

    private static Table Objects(IReadOnlyList<SharedObjectInfo> objects)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("type")
            .AddColumn("name")
            .AddColumn("object")
            .AddColumn("clients' references", column => column.RightAligned())
            .AddColumn("stored", column => column.RightAligned());
        foreach (SharedObjectInfo shared in objects.Take(MostObjects))
        {
            table.AddRow(
                Cell(shared.TypeName), Cell(shared.Name ?? ""), Cell(shared.Text), Cell(shared.ClientReferences), Cell(shared.StoredReferences));
        }

        return table.Caption(
            objects.Count == 0 ? "no objects" : objects.Count > MostObjects ? $"and {objects.Count - MostObjects} more" : "", Style.Plain);
    }

    private static Table Clients(IReadOnlyList<ManagerClientInfo> clients)
    {
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumn("client")
            .AddColumn("PID", column => column.RightAligned())
            .AddColumn("objects", column => column.RightAligned())
            .AddColumn("waiting calls", column => column.RightAligned())
            .AddColumn("calls", column => column.RightAligned());
        foreach (ManagerClientInfo client in clients)
        {
            table.AddRow(Cell(client.Name), Cell(client.ProcessId), Cell(client.ObjectCount), Cell(client.WaitingCalls), Cell(client.CallCount));
        }

        return table.Caption(clients.Count == 0 ? "no clients" : "", Style.Plain);
    }

    private static Text Line(string text) => new(PrintableText.Of(text));

    private static Text Cell(string text) => new(PrintableText.Of(text));

    private static Text Cell(long number) => new(number.ToString(CultureInfo.InvariantCulture));
}
