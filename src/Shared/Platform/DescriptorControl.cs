using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>fcntl(2) with a number as its argument.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class DescriptorControl
{
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    private static readonly bool s_isVariadicOnStack =
        OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static int Call(int descriptor, int command, nint argument) =>
        s_isVariadicOnStack
            ? ControlOnStack(descriptor, command, 0, 0, 0, 0, 0, 0, argument)
            : Control(descriptor, command, argument);

    public static int Call(SafeHandle descriptor, int command, nint argument)
    {
        bool isReferenced = false;
        descriptor.DangerousAddRef(ref isReferenced);
        try
        {
            return Call((int)descriptor.DangerousGetHandle(), command, argument);
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    /// <summary>Keeps a descriptor from the programs that this process starts, where the system cannot give it out so.</summary>
    public static void KeepFromPrograms(int descriptor) => _ = Call(descriptor, SetDescriptorFlags, CloseOnExec);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, nint argument);

    // Apple passes variadic arguments on the stack: behind eight arguments that fill the registers.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlOnStack(
        int descriptor, int command, nint x2, nint x3, nint x4, nint x5, nint x6, nint x7, nint argument);
}
