using System.Text.Json;
using IpcDemos.Coordinator.Running;
using IpcDemos.Coordinator.Scenarios;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Coordinator.Output;

/// <summary>JSON Lines for programs. Why a check failed is told on standard error.</summary>
internal sealed class JsonLinesOutput(JsonLinesWriter writer) : IScenarioOutput
{
    public void List(IReadOnlyList<IScenario> scenarios)
    {
        foreach (IScenario scenario in scenarios)
        {
            Start(scenario);
        }
    }

    public void Start(IScenario scenario) => writer.Write("scenario", json =>
    {
        json.WriteString("name", scenario.Name);
        json.WriteString("summary", scenario.Summary);
    });

    public void Part(string scenario, string title)
    {
    }

    public void Line(string scenario, ScenarioLine line) => writer.Write("line", json =>
    {
        json.WriteString("scenario", scenario);
        json.WriteString("process", line.Process);
        json.WriteNumber("pid", line.ProcessId);
        json.WriteString("text", line.Text);
    });

    public void Chart(string title, IReadOnlyList<(string Label, double Value)> bars)
    {
    }

    public Task ShowProgressAsync(string title, Func<IProgress<PoolProgress>, Task> work) => work(new UnseenProgress());

    public void End(ScenarioResult result)
    {
        foreach (string failure in result.Failures)
        {
            Console.Error.WriteLine($"{result.Scenario}: {failure}");
        }

        writer.Write("result", json =>
        {
            json.WriteString("scenario", result.Scenario);
            json.WriteBoolean("ok", result.Ok);
            json.WriteNumber("elapsedMs", Math.Round(result.Elapsed.TotalMilliseconds, 1));
            json.WriteStartArray("workers");
            foreach (WorkerExit worker in result.Workers)
            {
                json.WriteStartObject();
                json.WriteString("name", worker.Name);
                WriteNumberOrNull(json, "pid", worker.ProcessId);
                WriteNumberOrNull(json, "exitCode", worker.ExitCode);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public void Finish(IReadOnlyList<ScenarioResult> results)
    {
    }

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
