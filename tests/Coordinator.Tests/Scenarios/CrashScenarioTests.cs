using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class CrashScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task Survivors_learn_who_died_and_go_on()
    {
        ProgramResult result = await ScenarioRun.RunAsync("crash");

        JsonElement[] workers = [.. result.Records()[^1].GetProperty("workers").EnumerateArray()];
        int[] exitCodes = [.. workers.Select(worker => worker.GetProperty("exitCode").GetInt32())];
        Assert.Equal([-9, 0, -9, -9, -9, 0], exitCodes[..6]);
        int holder = workers[0].GetProperty("pid").GetInt32();
        Assert.Equal(
            [
                "10 have left the first account",
                $"process {holder} died while it held the lock: 90 + 0",
                "mended: 90 + 10",
                "the next holder finds 90 + 10",
            ],
            result.Texts().Take(4));
        Assert.Equal(
            ["Process-1", "Process-2", "Process-3"],
            result.Texts().Select(text => Regex.Match(text, "^(.+) was killed in mid-write: [0-9]+ of its 100 items came, each whole$"))
                .Where(match => match.Success).Select(match => match.Groups[1].Value));
        Assert.Equal(
            ["item 0 of Process-4", "item 1 of Process-4", "item 2 of Process-4"], result.Texts().SkipLast(3).TakeLast(3));
        int task = int.Parse(Regex.Match(result.Texts()[^3], "^the task failed: process ([0-9]+) died while it ran it$").Groups[1].Value, CultureInfo.InvariantCulture);
        int killedByItself = OperatingSystem.IsWindows() ? -1 : -9; // a signal tells itself; Windows has the code of who ended it
        Assert.Equal(killedByItself, exitCodes[Array.FindIndex(workers, worker => worker.GetProperty("pid").GetInt32() == task)]);
        Assert.Equal(["the pool's other tasks: [10,20,40]", "the pool's next tasks: [10,20,40]"], result.Texts().TakeLast(2));
    }
}
