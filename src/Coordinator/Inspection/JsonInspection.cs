using System.Globalization;
using IpcDemos.Coordinator.Output;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>One line of JSON per moment, so that a reader knows which workers were there together.</summary>
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
    });

    public async Task ShowAllAsync(IAsyncEnumerable<Snapshot> snapshots)
    {
        await foreach (Snapshot snapshot in snapshots)
        {
            Show(snapshot);
        }
    }
}
