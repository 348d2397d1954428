using CliWrap;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>Stops and continues processes as the shell would.</summary>
internal static class Signals
{
    public static void Stop(int processId) => Send("-STOP", processId);

    public static void Continue(int processId) => Send("-CONT", processId);

    private static void Send(string signal, int processId) =>
        Cli.Wrap("kill").WithArguments([signal, $"{processId}"]).ExecuteAsync().GetAwaiter().GetResult();
}
