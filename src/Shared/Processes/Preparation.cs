using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>What a new worker is told about itself, in front of the call it is to run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Identity">Its place in the tree: <c>2</c> for the root's second child, <c>2:1</c> for that one's first.</param>
/// <param name="IsDaemon">Whether it ends when its creator does.</param>
/// <param name="Parent">Its creator.</param>
/// <param name="LogLevel">What it logs; null if its creator does not log.</param>
/// <param name="LogsToStandardError">Whether it writes its log to standard error.</param>
internal sealed record Preparation(
    string Name, string Identity, bool IsDaemon, ProcessInfo Parent, int? LogLevel, bool LogsToStandardError)
{
    // Raised whenever the frames between a coordinator and its workers change, so that a stale worker executable is noticed.
    private const int ProtocolVersion = 1;
    private const int FieldCount = 9;

    // Field by field instead of through a formatter: this is on the path of every start, before anything has warmed up.
    public void Write(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(FieldCount);
        writer.Write(ProtocolVersion);
        writer.Write(Name);
        writer.Write(Identity);
        writer.Write(IsDaemon);
        writer.Write(Parent.Name);
        writer.Write(Parent.ProcessId);
        writer.Write(Parent.IsDaemon);
        writer.Write(LogLevel ?? -1);
        writer.Write(LogsToStandardError);
    }

    public static Preparation Read(ref MessagePackReader reader)
    {
        int fields = reader.ReadArrayHeader();
        int version = reader.ReadInt32();
        if (fields != FieldCount || version != ProtocolVersion)
        {
            throw new InvalidDataException(
                $"The worker speaks version {ProtocolVersion} of the protocol, its creator version {version}. "
                + "Rebuild the program, so that the worker executable beside it is of the same version of the library.");
        }

        string name = reader.ReadString()!;
        string identity = reader.ReadString()!;
        bool isDaemon = reader.ReadBoolean();
        var parent = new ProcessInfo(reader.ReadString()!, reader.ReadInt32(), reader.ReadBoolean());
        int level = reader.ReadInt32();
        return new Preparation(name, identity, isDaemon, parent, level < 0 ? null : level, reader.ReadBoolean());
    }
}
