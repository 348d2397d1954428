using System.Buffers.Binary;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>The giver duplicates the handle into the process at the other end of a named pipe, and tells it the value there.</summary>
/// <remarks>A receiver that dies before it has read the value has the handle all the same, and the system closes it.</remarks>
[SupportedOSPlatform("windows")]
internal static partial class WindowsHandleTransfer
{
    private const uint ProcessDuplicateHandle = 0x40;

    public static void Give(Stream peer, SafeHandle handle)
    {
        if (!GetNamedPipeClientProcessId(((NamedPipeServerStream)peer).SafePipeHandle, out int receiver))
        {
            throw Failure();
        }

        nint process = OpenProcess(ProcessDuplicateHandle, false, receiver);
        if (process == 0)
        {
            throw Failure();
        }

        try
        {
            if (!WindowsHandle.TryDuplicate(handle, process, out nint given))
            {
                throw Failure();
            }

            Span<byte> value = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(value, given);
            peer.Write(value);
        }
        finally
        {
            _ = CloseHandle(process);
        }
    }

    /// <summary>Null if the giver had nothing to give.</summary>
    public static nint? Take(Stream giver)
    {
        Span<byte> value = stackalloc byte[sizeof(long)];
        return giver.ReadAtLeast(value, value.Length, throwOnEndOfStream: false) == value.Length
            ? (nint)BinaryPrimitives.ReadInt64LittleEndian(value)
            : null;
    }

    private static IOException Failure() => new($"A handle could not be handed over: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetNamedPipeClientProcessId(SafePipeHandle pipe, out int processId);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nint OpenProcess(uint access, [MarshalAs(UnmanagedType.Bool)] bool inherit, int processId);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CloseHandle(nint handle);
}
