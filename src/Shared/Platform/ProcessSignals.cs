using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>Asks or forces other processes to end, and this one to end at once.</summary>
internal static partial class ProcessSignals
{
    public const int Terminate = 15;
    public const int Kill = 9;

    /// <summary>Unix: the status of a process that a signal ended is 128 and the signal's number.</summary>
    public const int StatusBase = 128;

    /// <summary>
    /// Puts this process into a process group of its own, so that a terminal's Ctrl+C reaches only the coordinator, which then
    /// stops its workers in order, and so that what this process starts can be killed together with it.
    /// </summary>
    public static void LeadOwnGroup()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetProcessGroup(0, 0);
        }
    }

    /// <summary>Unix: sends SIGTERM. Does nothing if the process has ended.</summary>
    public static void Ask(int processId) => _ = SendSignal(processId, Terminate);

    /// <summary>Unix: kills the processes of the group that a child leads, if it does.</summary>
    public static void ForceGroup(int processId)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SendSignal(-processId, Kill);
        }
    }

    /// <summary>Kills a child. Does nothing if it has ended.</summary>
    public static void Force(int processId)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SendSignal(processId, Kill);
            return;
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended already, which is what was wanted.
        }
    }

    /// <summary>Ends this process here and now: no handlers, no finally blocks, nothing that could wait for anything.</summary>
    public static void ExitNow(int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            _ = TerminateProcess(-1, (uint)exitCode);
        }
        else
        {
            RuntimeFiles.RemoveOf(Environment.ProcessId);
            ExitUnix(exitCode);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpgid")]
    private static partial int SetProcessGroup(int processId, int groupId);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitUnix(int exitCode);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool TerminateProcess(nint process, uint exitCode);
}
