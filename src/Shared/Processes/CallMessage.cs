using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>A call as bytes, for a worker that runs calls other than the one it was started with.</summary>
/// <param name="Bytes">What <see cref="CallReader"/> reads.</param>
/// <param name="PassedOn">
/// How handles in it that nobody has taken are taken back, and what it refers to is let go of: to be revoked when nobody is to read it any
/// more. Until then the call can be run again although the one who read it first has died.
/// </param>
internal sealed record CallMessage(byte[] Bytes, IReadOnlyList<Offer> PassedOn)
{
    /// <summary>
    /// Serializes on the caller's thread, so that what cannot travel throws there. Behind the call follow the id and the state of
    /// the trace that it is part of, if any.
    /// </summary>
    public static CallMessage Write(Delegate call, object?[] arguments, Activity? trace = null)
    {
        CallBinder.ThrowUnlessCallable(call, arguments);
        using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers(holds: true);
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            var writer = new MessagePackWriter(buffer);
            new CallWriter().WriteCall(ref writer, call, arguments);
            if (trace?.Id is { } id)
            {
                writer.Write(id);
                writer.Write(trace.TraceStateString);
            }

            writer.Flush();
            return new CallMessage(buffer.Message.ToArray(), HandleTransfer.KeepOffers());
        }
        finally
        {
            buffer.Return();
        }
    }
}
