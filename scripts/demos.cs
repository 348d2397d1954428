// Runs every scenario and shows its worker processes as the system's own tools see them:
//
//     dotnet run scripts/demos.cs [-- options for the coordinator, such as --time-scale 1]
//
// For a machine without a dotnet command, publish it and the coordinator into one folder; demos.cmd there runs it.
//
// Exit code: 0 if every scenario held and left no process behind, 1 otherwise.

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

// Run from its source it builds the coordinator; published, it finds it beside itself.
string coordinator = Path.Combine(AppContext.BaseDirectory, "Coordinator.dll");
if (AppContext.GetData("EntryPointFileDirectoryPath") is string scripts)
{
    Console.WriteLine("Building the coordinator ...");
    string project = Path.GetFullPath(Path.Combine(scripts, "..", "src", "Coordinator"));
    (int buildCode, string built) = Capture(
        "dotnet", "build", project, "--configuration", "Release", "--nologo", "-target:Build", "-getProperty:TargetPath");
    if (buildCode != 0)
    {
        Console.Error.WriteLine(built);
        return 1;
    }

    coordinator = built.Trim();
}

coordinator = Path.ChangeExtension(coordinator, OperatingSystem.IsWindows() ? ".exe" : null);

var rows = new List<Row>();
foreach (string line in Lines(Capture(coordinator, "list", "--json").Output))
{
    rows.Add(await RunAsync(JsonDocument.Parse(line).RootElement.GetProperty("name").GetString()!));
}

int width = rows.Max(row => row.Scenario.Length);
Console.WriteLine();
Console.WriteLine($"{"scenario".PadRight(width)}  check   seconds  workers  seen");
foreach (Row row in rows)
{
    string seconds = row.Seconds.ToString("0.00", CultureInfo.InvariantCulture);
    Console.WriteLine($"{row.Scenario.PadRight(width)}  {(row.Ok ? "ok" : "FAILED"),-6}  {seconds,7}  {row.Workers,7}  {row.Seen,4}");
}

Console.WriteLine($"{rows.Count(row => row.Ok)} of {rows.Count} scenarios held.");
return rows.TrueForAll(row => row.Ok) ? 0 : 1;

// Runs one scenario, and looks at the system's table of processes for as long as it runs.
async Task<Row> RunAsync(string scenario)
{
    Console.WriteLine();
    Console.WriteLine($"== {scenario}");
    using Process process = Start(coordinator, ["--json", "--scenario", scenario, .. args]);
    Task<string> errors = process.StandardError.ReadToEndAsync();
    int[] before = [.. ProcessTable().Select(entry => entry.ProcessId)];
    var seen = new HashSet<int>();
    using var ended = new CancellationTokenSource();
    Task watching = Task.Run(async () =>
    {
        while (!ended.IsCancellationRequested)
        {
            foreach (Entry worker in Workers(process.Id, before).Where(worker => seen.Add(worker.ProcessId)))
            {
                Console.WriteLine($"   {SystemTool}: {worker.Description}");
            }

            await Task.Delay(20);
        }
    });

    JsonElement? result = null;
    while (await process.StandardOutput.ReadLineAsync() is { } line)
    {
        JsonElement record = JsonDocument.Parse(line).RootElement;
        switch (record.GetProperty("type").GetString())
        {
            case "line":
                Console.WriteLine($"   {record.GetProperty("process").GetString()} {record.GetProperty("pid")}: {record.GetProperty("text").GetString()}");
                break;
            case "result":
                result = record;
                break;
        }
    }

    await process.WaitForExitAsync();
    await ended.CancelAsync();
    await watching;
    Console.Write(await errors);

    // What the coordinator says it started has to be gone, and so has what the system said on top of that.
    int[] reported = [.. result?.GetProperty("workers").EnumerateArray().Select(worker => worker.GetProperty("pid").GetInt32()) ?? []];
    Entry[] left = [.. ProcessTable().Where(entry => reported.Contains(entry.ProcessId) || (entry.IsWorker && seen.Contains(entry.ProcessId)))];
    foreach (Entry entry in left)
    {
        Console.WriteLine($"   left behind: {entry.Description}");
    }

    return new Row(
        scenario,
        Ok: process.ExitCode == 0 && result is not null && left.Length == 0,
        Seconds: result?.GetProperty("elapsedMs").GetDouble() / 1000 ?? 0,
        Workers: reported.Length,
        Seen: seen.Count);
}

// The worker processes that a coordinator has started.
static IEnumerable<Entry> Workers(int coordinator, int[] before)
{
    // Workers can have workers: whoever descends from the coordinator is meant. Parents are older, so they come first.
    var family = new HashSet<int> { coordinator };
    foreach (Entry entry in ProcessTable())
    {
        // tasklist tells no parents; there it has to do that the process is new.
        if (entry.IsWorker && (entry.Parent is { } parent ? family.Contains(parent) : !before.Contains(entry.ProcessId)))
        {
            family.Add(entry.ProcessId);
            yield return entry;
        }
    }
}

// All running processes, as the system's own tool lists them.
static IEnumerable<Entry> ProcessTable()
{
    if (OperatingSystem.IsWindows())
    {
        // "dotnet.exe","4711","Console","1","31,000 K"
        foreach (string line in Lines(Capture(SystemTool, "/fo", "csv", "/nh").Output))
        {
            string[] fields = line.Trim('"').Split("\",\"");
            if (fields.Length > 4 && int.TryParse(fields[1], CultureInfo.InvariantCulture, out int processId))
            {
                bool isWorker = fields[0] is "dotnet.exe" or "Worker.exe";
                yield return new Entry(processId, Parent: null, isWorker, $"{fields[0]} {processId}, {fields[4]}");
            }
        }

        yield break;
    }

    foreach (string line in Lines(Capture(SystemTool, "-axww", "-o", "pid=,ppid=,stat=,rss=,args=").Output))
    {
        string[] fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int processId = int.Parse(fields[0], CultureInfo.InvariantCulture);
        int parent = int.Parse(fields[1], CultureInfo.InvariantCulture);

        // ... Worker.dll --ipcdemos-worker ADDRESS Process-1 DoublerScenario.Double
        string[] call = fields.Length > 4 && fields[4].Split(" --ipcdemos-worker ") is [_, var behind] ? behind.Split(' ', 2) : [];

        // A process that has ended and waits to be collected runs no more.
        bool isWorker = call.Length == 2 && !fields[2].StartsWith('Z');
        yield return new Entry(
            processId, parent, isWorker, $"PID {processId}, parent {parent}, state {fields[2]}, {fields[3]} KiB, {call.LastOrDefault()}");
    }
}

static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

static (int ExitCode, string Output) Capture(string program, params string[] arguments)
{
    using Process process = Start(program, arguments);
    Task<string> errors = process.StandardError.ReadToEndAsync();
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return (process.ExitCode, process.ExitCode == 0 ? output : output + errors.Result);
}

static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
{
    RedirectStandardOutput = true,
    RedirectStandardError = true,
    StandardOutputEncoding = Encoding.UTF8,
    StandardErrorEncoding = Encoding.UTF8,
})!;

internal sealed record Entry(int ProcessId, int? Parent, bool IsWorker, string Description);

internal sealed record Row(string Scenario, bool Ok, double Seconds, int Workers, int Seen);

internal partial class Program
{
    private static string SystemTool => OperatingSystem.IsWindows() ? "tasklist" : "ps";
}
