using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>What a worker runs that is a process of a network.</summary>
internal static class CspHost
{
    /// <summary>Runs a call that <see cref="CallMessage"/> wrote. All ends that this worker has in the end are the call's.</summary>
    public static CspOutcome Run(byte[] message) => CspOutcome.Of(
        () =>
        {
            var reader = new MessagePackReader(message);
            Call call = new CallReader(null).ReadCall(ref reader);
            object? value = call.Run();
            return call.ResultType == typeof(void) ? null : MessageSerializer.Serialize(call.ResultType, value);
        },
        ChannelEnd.OpenEnds,
        PoisonCause.Of(ProcessIdentity.Current, ExitCodes.UnhandledException));
}
