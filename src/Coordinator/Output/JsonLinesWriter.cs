using System.Text.Encodings.Web;
using System.Text.Json;

namespace IpcDemos.Coordinator.Output;

/// <summary>
/// Writes one object per line, whole and at once, so that a reader of the pipe sees each when it happens. Thread-safe.
/// </summary>
internal sealed class JsonLinesWriter(Stream stream)
{
    // The lines go into a pipe or a file, not into a web page: what people wrote stays readable.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();

    /// <param name="type">The object's first member.</param>
    /// <param name="writeMembers">Writes the others.</param>
    public void Write(string type, Action<Utf8JsonWriter> writeMembers)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            writeMembers(json);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        lock (_lock)
        {
            buffer.WriteTo(stream);
            stream.Flush();
        }
    }
}
