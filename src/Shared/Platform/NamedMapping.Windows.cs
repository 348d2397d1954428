using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A named section of the page file. It is gone with its last handle, whatever happens to its processes: there is no name to own, to
/// remove or to leave behind. Its size is a whole number of pages.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class WindowsNamedMapping : NamedMapping
{
    private readonly MemoryMappedFile _section;
    private readonly MemoryMappedViewAccessor? _view;

    private WindowsNamedMapping(string name, MemoryMappedFile section, long? length, bool isOwner)
        : base(name, isOwner)
    {
        _section = section;
        try
        {
            _view = section.CreateViewAccessor();
            Length = length ?? (long)_view.SafeMemoryMappedViewHandle.ByteLength;
            Pointer = (byte*)_view.SafeMemoryMappedViewHandle.DangerousGetHandle();
        }
        catch
        {
            Disown();
            section.Dispose();
            throw;
        }
    }

    // Every mapping has exactly one handle to the section, and the system closes those of a process that ends.
    public override int HolderCount
    {
        get
        {
            int status = QueryObject(_section.SafeMemoryMappedFileHandle, 0, out BasicInformation information, sizeof(BasicInformation), 0);
            return status >= 0
                ? (int)information.HandleCount
                : throw new IOException($"The holders of shared memory '{Name}' could not be counted: status 0x{status:x8}.");
        }
    }

    public static WindowsNamedMapping? TryCreate(string name, long length)
    {
        MemoryMappedFile section;
        try
        {
            // A section cannot be empty; one page stands in for it.
            section = MemoryMappedFile.CreateNew(name, Math.Max(length, 1));
        }
        catch (IOException) when (Exists(name))
        {
            return null;
        }

        return new WindowsNamedMapping(name, section, length, isOwner: true);
    }

    public static new WindowsNamedMapping Open(string name)
    {
        try
        {
            return new WindowsNamedMapping(name, MemoryMappedFile.OpenExisting(name), null, isOwner: false);
        }
        catch (FileNotFoundException error)
        {
            throw new FileNotFoundException($"There is no shared memory '{name}': it was never created, or nobody has it any more.", name, error);
        }
    }

    public override void Read(long offset, Span<byte> destination) => new ReadOnlySpan<byte>(Pointer + offset, destination.Length).CopyTo(destination);

    public override void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(new Span<byte>(Pointer + offset, source.Length));

    protected override void Unmap()
    {
        _view?.Dispose();
        _section.Dispose();
    }

    // As in Python: without effect, because the name goes with the last handle.
    protected override bool TryUnlink() => true;

    private static bool Exists(string name)
    {
        try
        {
            MemoryMappedFile.OpenExisting(name).Dispose();
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("ntdll", EntryPoint = "NtQueryObject")]
    private static partial int QueryObject(
        SafeMemoryMappedFileHandle handle, int informationClass, out BasicInformation information, int length, nint returnedLength);

    /// <summary>PUBLIC_OBJECT_BASIC_INFORMATION.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 56)]
    private struct BasicInformation
    {
        [FieldOffset(8)]
        public uint HandleCount;
    }
}
