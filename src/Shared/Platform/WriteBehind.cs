namespace IpcDemos.Shared.Platform;

/// <summary>
/// Writes that somebody can stop waiting for, over a way of writing that cannot be taken back. What was accepted is written,
/// in the background if need be: nothing is written twice, whenever a caller stops waiting.
/// </summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class WriteBehind(Func<ReadOnlyMemory<byte>, Task> write)
{
    /// <summary>The most that is accepted before it is written.</summary>
    public const int BufferLength = 64 * 1024;

    private byte[]? _accepted;

    /// <summary>What was accepted last has been written.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Accepts some of the bytes, and waits until they are written or the deadline has come; 0 if there was no room by then.</summary>
    public int Write(ReadOnlySpan<byte> bytes, Deadline deadline)
    {
        if (!IsWrittenBy(deadline))
        {
            return 0;
        }

        int count = Accept(bytes);
        try
        {
            _ = IsWrittenBy(deadline);
        }
        catch (ThreadInterruptedException)
        {
            // To say that it was not sent would let the caller send it again. The thread's next wait is interrupted instead.
            Thread.CurrentThread.Interrupt();
        }

        return count;
    }

    /// <inheritdoc cref="Write"/>
    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        int count = Accept(bytes.Span);
        try
        {
            await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // To say that it was not sent would let the caller send it again.
        }

        return count;
    }

    /// <summary>Whether everything accepted is written within the deadline; throws what the write threw.</summary>
    public bool IsWrittenBy(Deadline deadline)
    {
        if (!Completion.IsCompleted && Task.WaitAny([Completion], deadline.RemainingMilliseconds) != 0)
        {
            return false;
        }

        Completion.GetAwaiter().GetResult();
        return true;
    }

    private int Accept(ReadOnlySpan<byte> bytes)
    {
        _accepted ??= new byte[BufferLength];
        int count = Math.Min(bytes.Length, BufferLength);
        bytes[..count].CopyTo(_accepted);
        Completion = write(_accepted.AsMemory(0, count));
        return count;
    }
}
