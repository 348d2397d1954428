using System.IO.MemoryMappedFiles;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A section of the page file under an unguessable name in the session's namespace. The system frees it with the last handle.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsMemoryMapping : MemoryMapping
{
    private readonly MemoryMappedFile _section;
    private readonly MemoryMappedViewAccessor _view;

    private WindowsMemoryMapping(MemoryMappedFile section)
    {
        try
        {
            _section = section;
            _view = section.CreateViewAccessor();
            Length = (long)_view.SafeMemoryMappedViewHandle.ByteLength;
            Pointer = (byte*)_view.SafeMemoryMappedViewHandle.DangerousGetHandle();
        }
        catch
        {
            section.Dispose();
            throw;
        }
    }

    public override int Handle => 0;

    public static WindowsMemoryMapping Create(Guid id, long length) => new(MemoryMappedFile.CreateNew(NameOf(id), length));

    public static WindowsMemoryMapping Open(Guid id, int processId)
    {
        try
        {
            return new WindowsMemoryMapping(MemoryMappedFile.OpenExisting(NameOf(id)));
        }
        catch (FileNotFoundException error)
        {
            throw new IOException(FormattableString.Invariant(
                $"The shared memory that process {processId} referred to is gone, because that process has ended or has let it go."), error);
        }
    }

    public override void Dispose()
    {
        _view.Dispose();
        _section.Dispose();
    }

    private static string NameOf(Guid id) => $@"Local\ipcdemos-{id:N}";
}
