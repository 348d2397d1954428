using System.Text;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Processes;

/// <summary>What the system's process table, and so <see cref="ProcessRegistry"/>, says that this worker is at. For one thread.</summary>
internal static class WorkerTitle
{
    // In characters, which may take three bytes each.
    private const int LongestName = ProcessTitle.Room / 4;

    private static readonly byte[] s_title = new byte[ProcessTitle.Room];
    private static int s_nameLength;

    /// <summary>Lets the worker say what it is at, under this name.</summary>
    public static void Begin(string name)
    {
        ProcessTitle.Enable(WorkerHost.Marker, arguments: 1);
        s_nameLength = Encoding.UTF8.GetBytes(name.AsSpan(0, Math.Min(name.Length, LongestName)), s_title) + 1;
        s_title[s_nameLength - 1] = 0;
    }

    /// <summary>Says what it runs now.</summary>
    public static void Show(string call) => Show(Encoding.UTF8.GetBytes(call));

    /// <summary>Says what it runs now, in UTF-8. Some nanoseconds.</summary>
    public static void Show(ReadOnlySpan<byte> call)
    {
        int length = Math.Min(call.Length, s_title.Length - s_nameLength);
        call[..length].CopyTo(s_title.AsSpan(s_nameLength));
        ProcessTitle.Set(s_title.AsSpan(0, s_nameLength + length));
    }
}
