using System.IO.MemoryMappedFiles;
using System.Runtime.Versioning;
using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A section of the page file with the title in it, named after the process in the session's namespace, and gone with it.
/// docs/protocol.md has the layout.
/// </summary>
[SupportedOSPlatform("windows")]
internal static class WindowsProcessTitle
{
    private const int Length = ProcessTitle.Room + 1;

    // The name goes with the last handle, even while the memory is mapped.
    private static MemoryMappedFile? s_section;
    private static MemoryMappedViewAccessor? s_view;

    /// <summary>The memory for this process's title; none if the system gives none.</summary>
    public static (nint Start, int Length) Create()
    {
        try
        {
            s_section = MemoryMappedFile.CreateNew(NameOf(Environment.ProcessId), Length);
            s_view = s_section.CreateViewAccessor(0, Length);
            return (s_view.SafeMemoryMappedViewHandle.DangerousGetHandle(), Length);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            return default; // somebody else has taken the name, or there is no memory: the command line has to do
        }
    }

    /// <summary>The parts of a process's title; null if it has none.</summary>
    public static string[]? Of(int processId)
    {
        byte[] title = new byte[Length];
        try
        {
            using var section = MemoryMappedFile.OpenExisting(NameOf(processId), MemoryMappedFileRights.Read);
            using MemoryMappedViewAccessor view = section.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            _ = view.ReadArray(0, title, 0, Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // All 0 until it is set for the first time.
        return title.AsSpan().ContainsAnyExcept((byte)0) ? Encoding.UTF8.GetString(title).TrimEnd('\0').Split('\0') : null;
    }

    private static string NameOf(int processId) => FormattableString.Invariant($@"Local\ipcdemos-title-{processId}");
}
