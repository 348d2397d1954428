using System.Buffers;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>Messages over two one-way byte pipes, each with its length in front (<see cref="FrameHeader"/>).</summary>
/// <param name="input">Where messages come from; null if this end only sends.</param>
/// <param name="output">Where messages go; null if this end only receives.</param>
internal sealed partial class StreamTransport(PipeEnd? input, PipeEnd? output) : IDisposable
{
    private readonly FrameReader _frames = new();

    /// <summary>Takes over a two-way stream.</summary>
    public static StreamTransport Over(Stream stream)
    {
        (PipeEnd input, PipeEnd output) = PipeEnd.FromDuplex(stream);
        return new StreamTransport(input, output);
    }

    public bool CanReceive => input is not null;

    public bool CanSend => output is not null;

    /// <summary>Writes both ends into a message, and what has been read but not used, for another process to go on with.</summary>
    public void MoveTo(ref MessagePackWriter writer)
    {
        ThrowIfInputBroken();
        ThrowIfOutputBroken();
        output?.PrepareRelease();
        writer.WriteArrayHeader(3);
        PipeEndFormatter.Move(ref writer, input);
        PipeEndFormatter.Move(ref writer, output);
        writer.Write(_frames.Unread());
    }

    /// <summary>Goes on where <see cref="MoveTo"/> stopped.</summary>
    public static StreamTransport TakeFrom(ref MessagePackReader reader)
    {
        _ = reader.ReadArrayHeader();
        PipeEnd? input = PipeEndFormatter.Take(ref reader);
        PipeEnd? output = PipeEndFormatter.Take(ref reader);
        var transport = new StreamTransport(input, output);
        if (reader.ReadBytes() is { Length: > 0 } unread)
        {
            transport._frames.Preload(unread.ToArray());
        }

        return transport;
    }

    /// <summary>A message's bytes have been read and are not needed any more.</summary>
    public void Recycle(byte[]? array)
    {
        if (array is not null)
        {
            _frames.Recycle(array);
        }
    }

    public void Dispose()
    {
        input?.Dispose();
        output?.Dispose();
    }
}
