namespace IpcDemos.Shared.Channels;

/// <summary>
/// Everything in a queue is done, except items that were taken by processes that ended before they marked them done. The
/// queue can be used on; what those items stood for has to be put again if it is still wanted.
/// </summary>
public sealed class QueueItemsAbandonedException : Exception
{
    internal QueueItemsAbandonedException(IReadOnlyList<QueueLoss> losses)
        : base($"Not all items of the queue were done. {string.Join(' ', losses)}")
    {
        Losses = losses;
    }

    /// <summary>Which processes ended, how, and with how many items.</summary>
    public IReadOnlyList<QueueLoss> Losses { get; }
}
