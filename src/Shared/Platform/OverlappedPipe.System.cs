using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <content>What Windows offers.</content>
internal sealed unsafe partial class OverlappedPipe
{
    [LibraryImport("kernel32", EntryPoint = "CreateNamedPipeW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafePipeHandle CreateNamedPipe(
        string name, uint access, uint mode, uint instances, uint outBuffer, uint inBuffer, uint timeout, SecurityAttributes* security);

    [LibraryImport("advapi32", EntryPoint = "ConvertStringSecurityDescriptorToSecurityDescriptorW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ConvertStringSecurityDescriptor(string text, uint revision, out nint descriptor, nint size);

    [LibraryImport("kernel32")]
    private static partial nint LocalFree(nint memory);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafePipeHandle CreateFile(
        string name, uint access, uint sharing, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool PeekNamedPipe(SafePipeHandle pipe, nint buffer, uint size, nint read, out uint available, nint left);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ReadFile(nint pipe, byte* buffer, uint size, uint* read, NativeOverlapped* call);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool WriteFile(nint pipe, byte* buffer, uint size, uint* written, NativeOverlapped* call);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetOverlappedResult(
        nint pipe, NativeOverlapped* call, out int count, [MarshalAs(UnmanagedType.Bool)] bool wait);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CancelIoEx(nint pipe, NativeOverlapped* call);

    private struct SecurityAttributes
    {
        public int Length;
        public nint Descriptor;
        public int InheritHandle;
    }
}
