namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// Something that becomes ready: a connection with a message, a process that has ended, an event that is set, a queue
/// with an item. <see cref="ProcessWait"/> waits for any of several.
/// </summary>
/// <remarks>
/// Being ready consumes nothing. Another process or thread may take what made an object ready before the caller does, so
/// what follows a wait should be an attempt (<c>TryGet</c>, <c>Poll</c>), not an assumption.
/// </remarks>
public interface IWaitable
{
    /// <summary>Whether the object is ready now. Does not block.</summary>
    bool IsReady { get; }

    /// <summary>Completes once the object is ready; occupies no thread while it waits.</summary>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    Task WaitReadyAsync(CancellationToken cancellationToken = default);
}
