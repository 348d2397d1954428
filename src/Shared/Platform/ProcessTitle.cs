namespace IpcDemos.Shared.Platform;

/// <summary>
/// What a process is at now, for whoever looks at the processes of this machine, in place of the last arguments of its command line.
/// On Linux it changes the command line itself, so that <c>ps</c> shows it too; on Windows, where that cannot be, it lies beside it.
/// On macOS the command line stays as it was. Costs no system call.
/// </summary>
internal static unsafe class ProcessTitle
{
    /// <summary>In bytes; and how many characters a process must have been given there so that later texts have room.</summary>
    public const int Room = 120;

    private static readonly Lock s_lock = new();
    private static byte* s_start;
    private static int s_length;

    /// <summary>Lets <see cref="Set"/> change what comes behind so many arguments after a marker.</summary>
    public static void Enable(string marker, int arguments)
    {
        lock (s_lock)
        {
            if (s_start is null)
            {
                (nint start, s_length) = OperatingSystem.IsLinux() ? LinuxProcessTitle.Find(marker, arguments)
                    : OperatingSystem.IsWindows() ? WindowsProcessTitle.Create()
                    : default;
                s_start = (byte*)start;
            }
        }
    }

    /// <summary>The last arguments, in UTF-8, with a NUL between them; cut where there is no more room.</summary>
    public static void Set(ReadOnlySpan<byte> arguments)
    {
        if (s_start is null)
        {
            return;
        }

        lock (s_lock)
        {
            // The last byte stays 0: by that it is known where the arguments end.
            var room = new Span<byte>(s_start, s_length - 1);
            int length = Math.Min(arguments.Length, room.Length);
            arguments[..length].CopyTo(room);
            room[length..].Clear();
        }
    }

    /// <summary>The last arguments that a process has set, if its command line does not show them itself.</summary>
    public static string[]? Of(int processId) => OperatingSystem.IsWindows() ? WindowsProcessTitle.Of(processId) : null;
}
