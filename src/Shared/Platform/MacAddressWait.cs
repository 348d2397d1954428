using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>macOS 14.4 and later: waiting on words of memory that processes share (os/os_sync_wait_on_address.h).</summary>
internal static unsafe partial class MacAddressWait
{
    private const uint Shared = 1; // OS_SYNC_WAIT_ON_ADDRESS_SHARED and ..._WAKE_BY_ADDRESS_SHARED
    private const uint MachAbsoluteTime = 32; // OS_CLOCK_MACH_ABSOLUTE_TIME

    /// <summary>To be called before there is a word to wait on.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is too old.</exception>
    public static void RequireSystem()
    {
        if (!OperatingSystem.IsMacOSVersionAtLeast(14, 4))
        {
            throw new PlatformNotSupportedException(
                $"Memory that processes share and wait on needs macOS 14.4 or later; this is {Environment.OSVersion.Version}.");
        }
    }

    /// <summary>Waits while the word is <paramref name="expected"/>; may return early for no reason, as after a signal.</summary>
    public static void WaitOne(uint* address, uint expected, Deadline deadline)
    {
        if (deadline.IsInfinite)
        {
            _ = Wait(address, expected, sizeof(uint), Shared);
            return;
        }

        ulong nanoseconds = (ulong)deadline.Remaining.Ticks * 100;
        if (nanoseconds > 0)
        {
            _ = WaitWithTimeout(address, expected, sizeof(uint), Shared, MachAbsoluteTime, nanoseconds);
        }
    }

    /// <summary>Wakes every waiter on the word; nobody waiting is no error.</summary>
    public static void WakeAll(uint* address) => _ = Wake(address, sizeof(uint), Shared);

    [LibraryImport("libSystem", EntryPoint = "os_sync_wait_on_address")]
    private static partial int Wait(void* address, ulong value, nuint size, uint flags);

    [LibraryImport("libSystem", EntryPoint = "os_sync_wait_on_address_with_timeout")]
    private static partial int WaitWithTimeout(void* address, ulong value, nuint size, uint flags, uint clock, ulong nanoseconds);

    [LibraryImport("libSystem", EntryPoint = "os_sync_wake_by_address_all")]
    private static partial int Wake(void* address, nuint size, uint flags);
}
