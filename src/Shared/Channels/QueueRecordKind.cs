namespace IpcDemos.Shared.Channels;

/// <summary>What the bytes of an item of varying size are.</summary>
internal enum QueueRecordKind
{
    /// <summary>The serialized item.</summary>
    Value = 0,

    /// <summary>A reference to a piece of shared memory that holds the serialized item, which is larger than the queue.</summary>
    Reference = 1,

    /// <summary>Where behind the queue the serialized item lies, which is larger than the queue: a <see cref="QueueExtent"/>.</summary>
    Extent = 2,
}
