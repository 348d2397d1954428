namespace IpcDemos.Shared.Channels;

/// <summary>The record of an item that lies behind the queue, as it lies in the ring.</summary>
/// <param name="Offset">Where its extent is.</param>
/// <param name="Length">How many bytes the serialized item has.</param>
internal readonly record struct QueueExtent(long Offset, long Length);
