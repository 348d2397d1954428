namespace IpcDemos.Shared.Channels;

/// <summary>
/// What a <see cref="ProcessQueue{T}"/> does with an item that it has no room for. The counterpart of
/// <see cref="System.Threading.Channels.BoundedChannelFullMode"/>, with the same values.
/// </summary>
public enum QueueFullMode
{
    /// <summary>Whoever puts waits for room. Nothing is ever dropped.</summary>
    Wait,

    /// <summary>The item that was put last, and is still there, makes room.</summary>
    DropNewest,

    /// <summary>The item that was put first, and is still there, makes room.</summary>
    DropOldest,

    /// <summary>The item that is being put is dropped.</summary>
    DropWrite,
}
