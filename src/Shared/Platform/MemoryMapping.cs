namespace IpcDemos.Shared.Platform;

/// <summary>
/// Anonymous memory that other processes of this user can map too. It exists as long as one process has it mapped, and no longer:
/// nothing is left behind by a process that is killed.
/// </summary>
internal abstract unsafe class MemoryMapping : IDisposable
{
    /// <summary>The first byte, on a page boundary.</summary>
    public byte* Pointer { get; protected init; }

    /// <summary>In bytes; fixed, nobody can shrink it.</summary>
    public long Length { get; protected init; }

    /// <summary>What comes behind it; <see langword="null"/> where that was not asked for, or the system has no such thing.</summary>
    public virtual MemoryTail? Tail => null;

    /// <summary>What <see cref="Open"/> in another process needs beside the identifier and this process's id.</summary>
    public abstract int Handle { get; }

    /// <summary>Creates zero-filled memory; pages take up room once they are touched (Windows charges them at once).</summary>
    /// <param name="id">Unguessable; names the memory where the system needs a name for it.</param>
    /// <param name="length">In bytes, at least 1.</param>
    /// <param name="hasTail">Whether it is to have a <see cref="Tail"/>, if the system can.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static MemoryMapping Create(Guid id, long length, bool hasTail) =>
        OperatingSystem.IsLinux() ? LinuxMemoryMapping.Create(length, hasTail)
        : OperatingSystem.IsWindows() ? WindowsMemoryMapping.Create(id, length)
        : MacOSMemoryMapping.Create(id, length);

    /// <summary>Maps the memory that another process has mapped.</summary>
    /// <param name="id">As it was created with.</param>
    /// <param name="processId">That process.</param>
    /// <param name="handle">Its <see cref="Handle"/>.</param>
    /// <param name="length">Its <see cref="Length"/> there; systems that know it may map more, up to the end of the page.</param>
    /// <exception cref="IOException">That process has ended or has let the memory go, or the memory is shorter.</exception>
    public static MemoryMapping Open(Guid id, int processId, int handle, long length) =>
        OperatingSystem.IsLinux() ? LinuxMemoryMapping.Open(processId, handle, length)
        : OperatingSystem.IsWindows() ? WindowsMemoryMapping.Open(id, processId)
        : MacOSMemoryMapping.Open(id, processId);

    public abstract void Dispose();
}
