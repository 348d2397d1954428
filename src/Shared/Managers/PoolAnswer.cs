using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>How a hosted pool's task ended, as it stands in the server's reply: what a pool of one's own would have given.</summary>
internal static class PoolAnswer
{
    private const int Returned = 0;
    private const int Threw = 1;
    private const int Died = 2;

    /// <summary>Writes <c>[0, bytes]</c>: the result as the worker wrote it; no bytes at all if there is none.</summary>
    public static void WriteResult(ref MessagePackWriter writer, RawValue result)
    {
        writer.WriteArrayHeader(2);
        writer.Write(Returned);
        writer.Write(result.Bytes.Span);
    }

    /// <summary>Writes <c>[1, process name, process id, error]</c>.</summary>
    public static void WriteError(ref MessagePackWriter writer, RemoteException error)
    {
        writer.WriteArrayHeader(4);
        writer.Write(Threw);
        writer.Write(error.ProcessName);
        writer.Write(error.ProcessId);
        MessageSerializer.Write(ref writer, error.Error);
    }

    /// <summary>Writes <c>[2, process name, process id, exit code, last error lines, task, arguments, peak memory]</c>.</summary>
    public static void WriteDeath(ref MessagePackWriter writer, WorkerDiedException error)
    {
        writer.WriteArrayHeader(8);
        writer.Write(Died);
        writer.Write(error.ProcessName);
        writer.Write(error.ProcessId ?? 0);
        writer.Write(error.ExitCode);
        writer.Write(error.LastErrorLines);
        writer.Write(error.Task);
        writer.Write(error.Arguments);
        writer.Write(error.PeakMemory ?? 0);
    }

    /// <summary>The result.</summary>
    /// <exception cref="RemoteException">The call threw.</exception>
    /// <exception cref="WorkerDiedException">Its worker died.</exception>
    public static TResult Read<TResult>(ReadOnlyMemory<byte> answer)
    {
        var reader = new MessagePackReader(answer);
        _ = reader.ReadArrayHeader();
        switch (reader.ReadInt32())
        {
            case Returned:
                return reader.ReadBytes() is { IsEmpty: false } result ? MessageSerializer.Deserialize<TResult>(result) : default!;
            case Threw:
                throw new RemoteException(
                    reader.ReadString()!, reader.ReadInt32(), MessageSerializer.Read<RemoteError>(ref reader, MessageOrigin.Foreign));
            default:
                throw new WorkerDiedException(
                    reader.ReadString()!,
                    reader.ReadInt32(),
                    reader.ReadInt32(),
                    reader.ReadString()!,
                    reader.ReadString(),
                    reader.ReadString()!,
                    reader.ReadInt64());
        }
    }
}
