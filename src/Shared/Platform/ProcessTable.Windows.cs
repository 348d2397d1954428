using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>Asks for each process's parent, and reads its command line where the system keeps it: in the process's own memory.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsProcessTable
{
    private const int BasicInformation = 0;

    // PEB.ProcessParameters, and RTL_USER_PROCESS_PARAMETERS.CommandLine: a UNICODE_STRING, lengths in bytes before a pointer.
    private const int ParametersOffset = 0x20;
    private const int CommandLineOffset = 0x70;

    public static IEnumerable<ProcessEntry> Find(string marker)
    {
        using var own = Process.GetCurrentProcess();
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                if (process.SessionId == own.SessionId && Look(process, marker) is { } entry)
                {
                    yield return entry;
                }
            }
        }
    }

    private static ProcessEntry? Look(Process process, string marker)
    {
        try
        {
            nint handle = process.Handle;
            BasicProcessInformation basic;
            if (NtQueryInformationProcess(handle, BasicInformation, &basic, (uint)sizeof(BasicProcessInformation), out _) == 0
                && CommandLine(handle, basic.Environment) is { } line && line.Contains(marker, StringComparison.Ordinal))
            {
                return new ProcessEntry(process.Id, (int)basic.ParentProcessId, Split(line));
            }
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException)
        {
            // Another user's, or it ended meanwhile.
        }

        return null;
    }

    /// <summary>Null if the process has not come so far yet, or has ended.</summary>
    private static string? CommandLine(nint process, nint environment)
    {
        nint parameters;
        UnicodeString text;
        if (!Read(process, environment + ParametersOffset, &parameters, sizeof(nint))
            || !Read(process, parameters + CommandLineOffset, &text, sizeof(UnicodeString)))
        {
            return null;
        }

        char[] line = new char[text.Length / sizeof(char)];
        fixed (char* characters = line)
        {
            return Read(process, text.Buffer, characters, text.Length) ? new string(line) : null;
        }
    }

    private static bool Read(nint process, nint address, void* buffer, int length) =>
        ReadProcessMemory(process, address, buffer, (nuint)length, out nuint count) != 0 && count == (nuint)length;

    private static string[] Split(string line)
    {
        char** arguments = CommandLineToArgv(line, out int count);
        try
        {
            string[] result = new string[count];
            for (int index = 0; index < count; index++)
            {
                result[index] = new string(arguments[index]);
            }

            return result;
        }
        finally
        {
            Marshal.FreeHGlobal((nint)arguments);
        }
    }

    [LibraryImport("ntdll")]
    private static partial int NtQueryInformationProcess(nint process, int kind, void* information, uint length, out uint returned);

    [LibraryImport("kernel32")]
    private static partial int ReadProcessMemory(nint process, nint address, void* buffer, nuint length, out nuint count);

    [LibraryImport("shell32", EntryPoint = "CommandLineToArgvW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial char** CommandLineToArgv(string line, out int count);

    [StructLayout(LayoutKind.Sequential)]
    private struct BasicProcessInformation
    {
        public nint ExitStatus;
        public nint Environment;
        public nint Affinity;
        public nint Priority;
        public nint ProcessId;
        public nint ParentProcessId;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct UnicodeString
    {
        public ushort Length;
        public ushort MaximumLength;
        public nint Buffer;
    }
}
