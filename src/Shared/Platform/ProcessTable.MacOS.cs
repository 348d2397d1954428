using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>Asks the kernel with sysctl: KERN_PROCARGS2 for a command line, KERN_PROC_PID for the parent and the user.</summary>
internal static unsafe partial class MacProcessTable
{
    private const int ControlKernel = 1;
    private const int ProcessArguments = 49;
    private const int KernelProcess = 14;
    private const int ByProcessId = 1;

    // Offsets in struct kinfo_proc of 64-bit macOS: e_ucred.cr_uid and e_ppid.
    private const int ProcessInfoLength = 648;
    private const int UserOffset = 420;
    private const int ParentOffset = 560;

    public static IEnumerable<ProcessEntry> Find(string marker)
    {
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                if (Arguments(process.Id) is { } arguments && arguments.Contains(marker) && Parent(process.Id) is { } parent)
                {
                    yield return new ProcessEntry(process.Id, parent, arguments);
                }
            }
        }
    }

    private static int? Parent(int processId)
    {
        byte[]? info = Query([ControlKernel, KernelProcess, ByProcessId, processId]);
        return info is { Length: ProcessInfoLength } && BitConverter.ToUInt32(info, UserOffset) == UserId.Current
            ? BitConverter.ToInt32(info, ParentOffset)
            : null;
    }

    /// <summary>A count, the executable's path, NULs, then the arguments, each with a NUL behind it.</summary>
    private static string[]? Arguments(int processId)
    {
        if (Query([ControlKernel, ProcessArguments, processId]) is not { Length: > 4 } data)
        {
            return null; // another user's, or ended
        }

        int count = BitConverter.ToInt32(data);
        string[] parts = Encoding.UTF8.GetString(data, 4, data.Length - 4).Split('\0');
        int first = Array.FindIndex(parts, 1, part => part.Length > 0);
        return first < 0 ? null : [.. parts.Skip(first).Take(count)];
    }

    // Asks for the length first: of a command line with its environment, too small a buffer would get the end, and no error.
    private static byte[]? Query(int[] name)
    {
        nuint length = 0;
        fixed (int* names = name)
        {
            if (SystemControl(names, (uint)name.Length, null, &length, null, 0) != 0)
            {
                return null;
            }

            byte[] buffer = new byte[length];
            fixed (byte* bytes = buffer)
            {
                return SystemControl(names, (uint)name.Length, bytes, &length, null, 0) == 0 ? buffer[..(int)length] : null;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sysctl")]
    private static partial int SystemControl(int* name, uint nameLength, void* old, nuint* oldLength, void* replacement, nuint newLength);
}
