using System.Text.Json;

namespace IpcDemos.Coordinator.Tests;

/// <summary>What a run of the coordinator left behind for its user.</summary>
internal sealed record ProgramResult(int ProcessId, int ExitCode, IReadOnlyList<string> Output, string Error)
{
    /// <summary>Everything that a failed assertion should show.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{string.Join('\n', Output)}\n--- standard error ---\n{Error}";

    /// <summary>Reads standard output as JSON Lines; anything else on it throws.</summary>
    public IReadOnlyList<JsonElement> Records() => [.. Output.Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The texts of the lines that the processes printed, in the order they came.</summary>
    public IReadOnlyList<string> Texts() => [.. Lines().Select(line => line.Text)];

    /// <summary>The lines that the processes printed, in the order they came.</summary>
    public IReadOnlyList<(string Process, int ProcessId, string Text)> Lines() =>
    [
        .. from record in Records()
           where record.GetProperty("type").GetString() == "line"
           select (record.GetProperty("process").GetString()!, record.GetProperty("pid").GetInt32(), record.GetProperty("text").GetString()!),
    ];
}
