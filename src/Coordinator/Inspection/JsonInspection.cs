using System.Globalization;
using System.Text.Json;
using IpcDemos.Coordinator.Output;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>One line of JSON per moment, so that a reader knows which workers and managers were there together.</summary>
internal sealed class JsonInspection(JsonLinesWriter writer) : IInspectionOutput
{
    public void Show(Snapshot snapshot) => writer.Write("workers", json =>
    {
        json.WriteString("time", snapshot.Time.ToString("O", CultureInfo.InvariantCulture));
        json.WriteStartArray("workers");
        foreach (RunningWorker worker in snapshot.Workers)
        {
            json.WriteStartObject();
            json.WriteString("name", worker.Name);
            json.WriteNumber("pid", worker.ProcessId);
            json.WriteNumber("parentPid", worker.ParentProcessId);
            json.WriteString("call", worker.Call);
            json.WriteString("startTime", worker.StartTime.ToString("O", CultureInfo.InvariantCulture));
            json.WriteNumber("cpuMs", Math.Round(worker.ProcessorTime.TotalMilliseconds, 1));
            json.WriteNumber("rssBytes", worker.WorkingSet);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("managers");
        foreach (RunningManager manager in snapshot.Managers)
        {
            Write(json, manager);
        }

        json.WriteEndArray();
        json.WriteString("problem", snapshot.Problem);
    });

    public async Task ShowAllAsync(IAsyncEnumerable<Snapshot> snapshots)
    {
        await foreach (Snapshot snapshot in snapshots)
        {
            Show(snapshot);
        }
    }

    private static void Write(Utf8JsonWriter json, RunningManager manager)
    {
        json.WriteStartObject();
        json.WriteString("name", manager.Name);
        json.WriteNumber("pid", manager.ProcessId);
        json.WriteString("address", manager.Address);
        json.WriteString("problem", manager.Problem);
        json.WriteStartArray("objects");
        foreach (SharedObjectInfo shared in manager.Inspection?.Objects ?? [])
        {
            json.WriteStartObject();
            json.WriteString("type", shared.TypeName);
            json.WriteString("name", shared.Name);
            json.WriteString("text", shared.Text);
            json.WriteNumber("clientReferences", shared.ClientReferences);
            json.WriteNumber("storedReferences", shared.StoredReferences);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("clients");
        foreach (ManagerClientInfo client in manager.Inspection?.Clients ?? [])
        {
            json.WriteStartObject();
            json.WriteString("name", client.Name);
            json.WriteNumber("pid", client.ProcessId);
            json.WriteNumber("objects", client.ObjectCount);
            json.WriteNumber("waitingCalls", client.WaitingCalls);
            json.WriteNumber("calls", client.CallCount);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
