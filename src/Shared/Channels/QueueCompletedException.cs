namespace IpcDemos.Shared.Channels;

/// <summary>
/// A queue has been completed: nothing can be put any more, or everything that was put has been taken and nothing more can
/// come.
/// </summary>
public sealed class QueueCompletedException : InvalidOperationException
{
    internal QueueCompletedException(string message)
        : base(message)
    {
    }

    internal static QueueCompletedException OnPut() =>
        new("The queue has been completed, so nothing can be put into it any more. Complete it after the last producer is done.");

    internal static QueueCompletedException OnGet() =>
        new($"The queue has been completed and is empty: no item will come any more. {nameof(ProcessQueue<int>.GetAllAsync)} ends "
            + $"by itself then, and {nameof(ProcessQueue<int>.TryGet)} returns false.");
}
