using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Channels;

/// <content>What may have to wait.</content>
internal sealed partial class RingPipeEnd
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using Use use = BeginUse();
        int count;
        while ((count = TryRead(buffer.Span)) < 0)
        {
            _ = await WaitAsync(isAsync: true, Deadline.Infinite, cancellationToken).ConfigureAwait(false);
        }

        return count;
    }

    public override async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using Use use = BeginUse();
        int count;
        while ((count = TryWrite(bytes.Span)) == 0)
        {
            _ = await WaitAsync(isAsync: true, Deadline.Infinite, cancellationToken).ConfigureAwait(false);
        }

        return count;
    }

    public override async Task WaitReadableAsync(CancellationToken cancellationToken)
    {
        using Use use = BeginUse();
        _ = await WaitAsync(isAsync: true, Deadline.Infinite, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until there are bytes, or room, or the other end is gone; false at the deadline.</summary>
    private async ValueTask<bool> WaitAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var spin = default(BriefSpin);
        do
        {
            if (IsReady)
            {
                return true;
            }
        }
        while (!deadline.HasPassed && spin.Once());

        using SharedWait wait = _lifetime.Enter(cancellationToken);
        while (true)
        {
            wait.ThrowIfOver();
            uint seen = SelfGate.Mark();
            WatchPeer(wait);
            if (IsReady)
            {
                return true;
            }

            if (deadline.HasPassed)
            {
                return false;
            }

            await wait.ParkAsync(isAsync, SelfGate.Word, seen, deadline).ConfigureAwait(false);
        }
    }
}
