namespace IpcDemos.Shared.Channels;

/// <summary>
/// An item that was put into a queue cannot be had any more, because it was in the memory of a process that has ended since:
/// it was larger than the queue, and the system (Windows, macOS) cannot keep it with the queue. The queue goes on; the item is
/// used up.
/// </summary>
public sealed class QueueItemLostException : IOException
{
    internal QueueItemLostException(Exception innerException)
        : base("An item that is larger than the queue itself stays in the memory of the process that put it, until it is taken; "
            + "that process has ended before. Give the queue a larger capacity, or keep its producers until it is drained.", innerException)
    {
    }
}
