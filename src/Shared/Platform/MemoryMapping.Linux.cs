using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A memfd. Another process opens it through <c>/proc/‹pid›/fd/‹n›</c> of any process that has it, which the system allows to the
/// same user only. Sealed against shrinking, so that no access to a mapping can end in SIGBUS, and without a tail against growing too.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class LinuxMemoryMapping : MemoryMapping
{
    private const uint CloseOnExecAndAllowSealing = 1 | 2;
    private const int AddSeals = 1033;
    private const int GetSeals = 1034;
    private const int SealSeal = 1;
    private const int SealShrink = 2;
    private const int SealGrow = 4;
    private const int OpenReadWriteCloseOnExecNonBlocking = 2 | 0x80000 | 0x800;

    private readonly SafeFileHandle _file;

    private LinuxMemoryMapping(SafeFileHandle file, long length, bool hasTail)
    {
        _file = file;
        Length = length;
        Tail = hasTail ? new LinuxMemoryTail(file) : null;
        Pointer = UnixMemory.Map(file, length, "Shared memory");
    }

    public override MemoryTail? Tail { get; }

    public override int Handle => (int)_file.DangerousGetHandle();

    public static LinuxMemoryMapping Create(long length, bool hasTail)
    {
        int descriptor = MemfdCreate("ipcdemos", CloseOnExecAndAllowSealing);
        if (descriptor < 0)
        {
            throw UnixMemory.Failure("Shared memory could not be created");
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            UnixMemory.SetLength(file, length, "Shared memory");
            if (Control(file, AddSeals, SealSeal | SealShrink | (hasTail ? 0 : SealGrow)) != 0)
            {
                throw UnixMemory.Failure("Shared memory could not be sealed against resizing");
            }

            return new LinuxMemoryMapping(file, length, hasTail);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static LinuxMemoryMapping Open(int processId, int handle, long length)
    {
        int descriptor = Open(FormattableString.Invariant($"/proc/{processId}/fd/{handle}"), OpenReadWriteCloseOnExecNonBlocking);
        if (descriptor < 0)
        {
            throw UnixMemory.Failure(SeesForeignProcesses()
                ? "Shared memory of other processes cannot be reached: /proc shows another PID namespace than the one that this process is in. "
                    + "Mount it anew inside (unshare --mount-proc; containers do so by themselves)"
                : FormattableString.Invariant(
                    $"The shared memory that process {processId} referred to is gone, because that process has ended or has let it go"));
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            // A number that no longer means what it did (the descriptor was closed and given out again) must not be mapped: only a
            // memfd has seals, and with this one its size can be trusted from here on.
            int seals = Control(file, GetSeals, 0);
            if (seals < 0 || (seals & SealShrink) == 0)
            {
                throw new IOException($"Descriptor {handle} of process {processId} is not shared memory (any more).");
            }

            long there = RandomAccess.GetLength(file);
            return length > 0 && length <= there
                ? new LinuxMemoryMapping(file, length, (seals & SealGrow) == 0)
                : throw new IOException($"Descriptor {handle} of process {processId} has {there} bytes of shared memory; {length} were referred to.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        if (!_file.IsClosed)
        {
            UnixMemory.Unmap(Pointer, Length);
            _file.Dispose();
        }
    }

    private static bool SeesForeignProcesses() =>
        new FileInfo("/proc/self").LinkTarget != Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}
