using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>The arguments lie where the kernel has put them, on the process's own stack, and there it reads them for others.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxProcessTitle
{
    /// <summary>The memory of what comes behind so many arguments after a marker.</summary>
    public static (nint Start, int Length) Find(string marker, int arguments)
    {
        // The name in this file, which is in brackets, may contain anything.
        string status = File.ReadAllText("/proc/self/stat");
        string[] fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
        nint start = nint.Parse(fields[45], CultureInfo.InvariantCulture);
        nint end = nint.Parse(fields[46], CultureInfo.InvariantCulture);
        var all = new ReadOnlySpan<byte>((void*)start, (int)(end - start));
        int position = all.IndexOf(Encoding.UTF8.GetBytes($"\0{marker}\0")) + 1;
        for (int skipped = -1; position > 0 && skipped < arguments; skipped++)
        {
            position += all[position..].IndexOf((byte)0) + 1;
        }

        return position > 0 && position < all.Length ? (start + position, all.Length - position) : default;
    }
}
