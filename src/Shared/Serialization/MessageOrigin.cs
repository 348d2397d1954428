namespace IpcDemos.Shared.Serialization;

/// <summary>Whose process stands at the other end of a message: the one that wrote it, or the one that will read it.</summary>
public enum MessageOrigin
{
    /// <summary>
    /// A process of this program: a worker, its coordinator, or one of their descendants. Values keep their exact types, arrays of
    /// unmanaged values are copied as blocks, and what is shared by reference (connections, queues, locks, memory) may travel.
    /// </summary>
    OwnProcess,

    /// <summary>
    /// A process that this program did not start. Messages to it are plain MessagePack; messages from it are read with untrusted
    /// settings, and nothing that is shared by reference is accepted.
    /// </summary>
    Foreign,
}
