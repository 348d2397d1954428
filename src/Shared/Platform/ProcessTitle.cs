using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Changes the end of this process's command line as the system's process table shows it, so that whoever looks there (<c>ps</c>,
/// <c>inspect</c>) sees what the process is at now. Costs no system call. Linux only; elsewhere the command line stays as it was.
/// </summary>
internal static unsafe class ProcessTitle
{
    /// <summary>How many characters a process must have been given there so that later texts have room.</summary>
    public const int Room = 120;

    private static readonly Lock s_lock = new();
    private static byte* s_start;
    private static int s_length;

    /// <summary>Lets <see cref="Set"/> change what comes behind so many arguments after a marker.</summary>
    public static void Enable(string marker, int arguments)
    {
        if (OperatingSystem.IsLinux())
        {
            EnableOnLinux(marker, arguments);
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
            // The last byte stays 0: by that the kernel knows where the arguments end.
            var room = new Span<byte>(s_start, s_length - 1);
            int length = Math.Min(arguments.Length, room.Length);
            arguments[..length].CopyTo(room);
            room[length..].Clear();
        }
    }

    [SupportedOSPlatform("linux")]
    private static void EnableOnLinux(string marker, int arguments)
    {
        // The arguments lie where the kernel has put them, on this process's own stack; the file tells where. The name in it,
        // which is in brackets, may contain anything.
        string status = File.ReadAllText("/proc/self/stat");
        string[] fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
        nuint start = nuint.Parse(fields[45], CultureInfo.InvariantCulture);
        nuint end = nuint.Parse(fields[46], CultureInfo.InvariantCulture);
        var all = new ReadOnlySpan<byte>((void*)start, (int)(end - start));
        int position = all.IndexOf(Encoding.UTF8.GetBytes($"\0{marker}\0")) + 1;
        for (int skipped = -1; position > 0 && skipped < arguments; skipped++)
        {
            position += all[position..].IndexOf((byte)0) + 1;
        }

        if (position > 0 && position < all.Length)
        {
            s_length = all.Length - position;
            s_start = (byte*)start + position;
        }
    }
}
