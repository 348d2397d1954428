using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IpcDemos.Bench.Harness;

namespace IpcDemos.Bench.Reports;

/// <summary>A run as JSON, from which every other report can be made later.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for people: µs, not an escape
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Write(RunResult run) => JsonSerializer.Serialize(run, s_options);

    /// <exception cref="UsageException">It is no run.</exception>
    public static RunResult Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunResult>(json, s_options) ?? throw new JsonException("It says null.");
        }
        catch (JsonException error)
        {
            throw new UsageException($"The file holds no run that was written with --json: {error.Message}", error);
        }
    }
}
