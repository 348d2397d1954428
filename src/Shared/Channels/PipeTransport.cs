namespace IpcDemos.Shared.Channels;

/// <summary>What a pipe's bytes travel through.</summary>
public enum PipeTransport
{
    /// <summary>
    /// Memory that the two ends share, one ring of 128 KiB per direction. No system call is made unless somebody waits. That the
    /// other side is gone is noticed through its process, as at once as with the others.
    /// </summary>
    SharedMemory,

    /// <summary>Anonymous pipes of the operating system, one per direction. No name exists that anybody could connect to.</summary>
    Anonymous,

    /// <summary>
    /// Named pipes, one per direction; on Unix these are Unix sockets. The name is unguessable, used once and given up as soon
    /// as both ends are connected. On Windows <see cref="Anonymous"/> is the same: the system makes its anonymous pipes that way
    /// too, but such that nothing can wait for them.
    /// </summary>
    Named,
}
