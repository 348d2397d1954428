using System.Buffers;
using IpcDemos.Shared.Platform;
using MessagePack;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Channels;

/// <summary>Moves the ends of pipes from process to process: those of the operating system by ticket, those in shared memory by reference.</summary>
internal static class PipeEndFormatter
{
    private const int TicketFields = 2;

    /// <summary>Writes an end into a message; it is unusable here afterwards.</summary>
    public static void Move(ref MessagePackWriter writer, PipeEnd? end)
    {
        if (end is null)
        {
            writer.WriteNil();
        }
        else if (end is RingPipeEnd ring)
        {
            ring.MoveTo(ref writer);
        }
        else
        {
            HandleTicket ticket = HandleTransfer.Offer(end.Release());
            writer.WriteArrayHeader(TicketFields);
            writer.Write(ticket.Address);
            writer.Write(ticket.Secret.ToByteArray());
        }
    }

    /// <summary>Takes over an end from a message.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public static PipeEnd? Take(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        if (reader.ReadArrayHeader() != TicketFields)
        {
            return RingPipeEnd.TakeFrom(ref reader);
        }

        var ticket = new HandleTicket(reader.ReadString()!, new Guid(reader.ReadBytes()!.Value.ToArray()));
        return PipeEnd.From(new SafePipeHandle(HandleTransfer.Redeem(ticket), ownsHandle: true));
    }
}
