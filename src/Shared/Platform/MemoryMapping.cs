namespace IpcDemos.Shared.Platform;

/// <summary>
/// Anonymous memory that other processes of this user can map too. It exists as long as one process has it mapped, and no longer:
/// nothing is left behind by a process that is killed.
/// </summary>
internal abstract unsafe class MemoryMapping : IDisposable
{
    /// <summary>The first byte, on a page boundary.</summary>
    public byte* Pointer { get; protected init; }

    /// <summary>In bytes; fixed, nobody can shrink or grow it.</summary>
    public long Length { get; protected init; }

    /// <summary>What <see cref="Open"/> in another process needs beside the identifier and this process's id.</summary>
    public abstract int Handle { get; }

    /// <summary>Creates zero-filled memory; pages take up room once they are touched (Windows charges them at once).</summary>
    /// <param name="id">Unguessable; names the memory where the system needs a name for it.</param>
    /// <param name="length">In bytes, at least 1.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static MemoryMapping Create(Guid id, long length) =>
        OperatingSystem.IsLinux() ? LinuxMemoryMapping.Create(length)
        : OperatingSystem.IsWindows() ? WindowsMemoryMapping.Create(id, length)
        : MacOSMemoryMapping.Create(id, length);

    /// <summary>Maps the memory that another process has mapped.</summary>
    /// <exception cref="IOException">That process has ended or has let the memory go.</exception>
    public static MemoryMapping Open(Guid id, int processId, int handle) =>
        OperatingSystem.IsLinux() ? LinuxMemoryMapping.Open(processId, handle)
        : OperatingSystem.IsWindows() ? WindowsMemoryMapping.Open(id, processId)
        : MacOSMemoryMapping.Open(id, processId);

    public abstract void Dispose();
}
