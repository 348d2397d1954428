using System.Runtime.ExceptionServices;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// Makes one of several things happen, and only one: see <see cref="ChannelCore"/> for how choices meet. A single read or write is a
/// choice of one.
/// </summary>
internal static class Choice
{
    /// <summary>Waits until one alternative is possible and does it.</summary>
    /// <param name="isAsync">Whether to free the thread meanwhile.</param>
    /// <param name="alternatives">Null where one is not to be considered.</param>
    /// <param name="first">Where to begin; the order from there on decides between several that are possible at once.</param>
    /// <param name="cancellationToken">Ends the wait; nothing has been done then.</param>
    /// <returns>Which was done.</returns>
    public static async ValueTask<int> MakeAsync(
        bool isAsync, Alternative?[] alternatives, int first, CancellationToken cancellationToken)
    {
        ChannelCore[] cores = CoresOf(alternatives);
        ChoiceSlot? slot = null;
        SharedWait? wait = null;
        int decided = -1;
        try
        {
            while (true)
            {
                await EnterAllAsync(isAsync, cores).ConfigureAwait(false);
                uint open;
                try
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    foreach (ChannelCore core in wait is null ? [] : cores)
                    {
                        core.Sweep(wait!);
                    }

                    if (Look(alternatives, first) is var done and >= 0)
                    {
                        return done;
                    }

                    if (slot is null)
                    {
                        slot = ChoiceSlot.Rent();
                        Offer(alternatives, slot);
                    }

                    open = slot.State.Open();
                }
                finally
                {
                    ExitAll(cores);
                }

                Exception? failure = null;
                try
                {
                    if (!slot.SpinWhile(open))
                    {
                        wait ??= cores.Length > 0 ? cores[0].BeginWait(cancellationToken) : null;
                        await ParkAsync(isAsync, slot, open, cores, wait, alternatives, cancellationToken).ConfigureAwait(false);
                    }
                }
                catch (Exception error)
                {
                    failure = error;
                }

                // From here on nobody can decide any more. What was decided counts, whatever else has happened.
                decided = slot.State.Close();
                if (decided >= 0)
                {
                    if (alternatives[decided]!.Taker is not { } taker)
                    {
                        return decided;
                    }

                    wait ??= cores[0].BeginWait(cancellationToken);
                    if (await AwaitReceiptAsync(isAsync, slot, taker, wait).ConfigureAwait(false))
                    {
                        return decided;
                    }

                    // Taken by a process that died before it had read it: as if it had not been taken.
                    decided = -1;
                }

                if (failure is not null)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }
            }
        }
        finally
        {
            if (slot is not null)
            {
                await WithdrawAsync(isAsync, alternatives, decided).ConfigureAwait(false);
                slot.Return();
            }

            wait?.Dispose();
        }
    }

    /// <summary>Waits until the slot is no longer as it was opened, or something else asks for another look.</summary>
    private static async ValueTask ParkAsync(
        bool isAsync,
        ChoiceSlot slot,
        uint open,
        ChannelCore[] cores,
        SharedWait? wait,
        Alternative?[] alternatives,
        CancellationToken cancellationToken)
    {
        Deadline deadline = alternatives.OfType<Alternative>().MinBy(alternative => alternative.Deadline.Timestamp)!.Deadline;
        if (wait is null)
        {
            // Only times: nobody else is involved.
            await (isAsync
                ? Task.Delay(deadline.Remaining, cancellationToken)
                : Task.FromResult(cancellationToken.WaitHandle.WaitOne(deadline.Remaining))).ConfigureAwait(false);
            return;
        }

        bool anyHasEnded = false;
        foreach (ChannelCore core in cores)
        {
            anyHasEnded |= core.Watch(wait);
        }

        // Who becomes an owner after this look kicks the slot, and the attempt to park fails.
        if (!anyHasEnded && slot.State.TryPark(open) is { } parked)
        {
            CrashPoint.Reach("csp.parking");
            await wait.ParkAsync(isAsync, slot.State.Word, parked, deadline).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until who took the item has read what is outside of it; nothing else interrupts that.</summary>
    /// <returns>False if that process has ended before.</returns>
    private static async ValueTask<bool> AwaitReceiptAsync(bool isAsync, ChoiceSlot slot, ProcessIdentity taker, SharedWait wait)
    {
        uint seen;
        while (!slot.State.HasReceipt(out seen))
        {
            if (taker == ProcessIdentity.Current)
            {
                // One of our own threads, which cannot die alone.
            }
            else if (wait.Watch(taker).HasEnded)
            {
                return slot.State.HasReceipt(out seen);
            }

            await wait.ParkAsync(isAsync, slot.State.Word, seen, Deadline.Infinite).ConfigureAwait(false);
        }

        return true;
    }

    private static int Look(Alternative?[] alternatives, int first)
    {
        for (int turn = 0; turn < alternatives.Length; turn++)
        {
            int index = (first + turn) % alternatives.Length;
            if (alternatives[index] is { } alternative && alternative.TryDo())
            {
                return index;
            }
        }

        return -1;
    }

    private static void Offer(Alternative?[] alternatives, ChoiceSlot slot)
    {
        for (int index = 0; index < alternatives.Length; index++)
        {
            alternatives[index]?.Offer(slot, index);
        }
    }

    private static async ValueTask WithdrawAsync(bool isAsync, Alternative?[] alternatives, int decided)
    {
        // One lock at a time will do: the slot is closed, so nobody can take an offer that is still there.
        for (int index = 0; index < alternatives.Length; index++)
        {
            if (alternatives[index] is { Core: { } core } alternative)
            {
                await core.EnterAsync(isAsync).ConfigureAwait(false);
                alternative.Withdraw(isDecided: index == decided);
                core.Exit();
            }
        }
    }

    private static ChannelCore[] CoresOf(Alternative?[] alternatives)
    {
        // What most choices are: a single read or write.
        if (alternatives is [{ Core: { } only }])
        {
            return [only];
        }

        ChannelCore[] cores = [.. alternatives.Select(alternative => alternative?.Core).OfType<ChannelCore>().Distinct()];
        Array.Sort(cores, static (left, right) => left.Id.CompareTo(right.Id));
        return cores;
    }

    private static async ValueTask EnterAllAsync(bool isAsync, ChannelCore[] cores)
    {
        int entered = 0;
        try
        {
            for (; entered < cores.Length; entered++)
            {
                CrashPoint.Reach("csp.entering");
                await cores[entered].EnterAsync(isAsync).ConfigureAwait(false);
            }
        }
        catch
        {
            // The thread was interrupted, say, at a lock that another one has. Those before it would stay locked for ever.
            ExitAll(cores.AsSpan(0, entered));
            throw;
        }
    }

    private static void ExitAll(ReadOnlySpan<ChannelCore> cores)
    {
        for (int index = cores.Length - 1; index >= 0; index--)
        {
            cores[index].Exit();
        }
    }
}
