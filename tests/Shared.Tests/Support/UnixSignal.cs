using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>Signals as the tests send them to processes that they started.</summary>
internal static partial class UnixSignal
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int SegmentationFault = 11;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(int processId, int signal) =>
        Assert.True(SendSignal(processId, signal) == 0, $"Process {processId} could not be sent signal {signal}.");

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
