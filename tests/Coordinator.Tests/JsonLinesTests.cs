using System.Text.Json;

namespace IpcDemos.Coordinator.Tests;

public sealed class JsonLinesTests
{
    [Fact(Timeout = 300_000)]
    public async Task Every_scenario_holds_and_every_line_of_standard_output_is_of_the_promised_form()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "all", "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        string? current = null;
        foreach (JsonElement record in result.Records())
        {
            switch (record.GetProperty("type").GetString())
            {
                case "scenario":
                    Assert.Equal(["type", "name", "summary"], Names(record));
                    Assert.Null(current);
                    current = record.GetProperty("name").GetString();
                    Assert.NotEmpty(record.GetProperty("summary").GetString()!);
                    break;
                case "line":
                    Assert.Equal(["type", "scenario", "process", "pid", "text"], Names(record));
                    Assert.Equal(current, record.GetProperty("scenario").GetString());
                    bool isMain = record.GetProperty("process").GetString() == "MainProcess";
                    Assert.Equal(isMain, record.GetProperty("pid").GetInt32() == result.ProcessId);
                    break;
                case "result":
                    Assert.Equal(["type", "scenario", "ok", "elapsedMs", "workers"], Names(record));
                    Assert.Equal(current, record.GetProperty("scenario").GetString());
                    Assert.True(record.GetProperty("ok").GetBoolean());
                    Assert.True(record.GetProperty("elapsedMs").GetDouble() >= 0);
                    Assert.All(record.GetProperty("workers").EnumerateArray(), AssertWorker);
                    current = null;
                    break;
                default:
                    Assert.Fail($"No such type of record: {record}");
                    break;
            }
        }

        Assert.Null(current);

        void AssertWorker(JsonElement worker)
        {
            Assert.Equal(["name", "pid", "exitCode"], Names(worker));
            Assert.NotEqual(result.ProcessId, worker.GetProperty("pid").GetInt32());
            int exitCode = worker.GetProperty("exitCode").GetInt32();

            // These two show what becomes of workers that are killed.
            Assert.True(exitCode == 0 || (exitCode < 0 && current is "crash" or "executor"), $"{current}: {worker}");
        }
    }

    private static IEnumerable<string> Names(JsonElement record) => record.EnumerateObject().Select(member => member.Name);
}
