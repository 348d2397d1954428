using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>What happens inside the monitor. The order of stores is what makes a kill between any two of them harmless.</content>
public sealed unsafe partial class ProcessSemaphore
{
    private static int ByteSize => SharedMonitor.ByteSize;

    private ref SemaphoreState State => ref Unsafe.AsRef<SemaphoreState>(_monitor.ObjectState);

    private static void Initialize(ref SemaphoreState state, int initialCount, int maximumCount)
    {
        state.Available = state.Base = state.Initial = initialCount;
        state.Maximum = maximumCount;
    }

    private bool SpinUntilAvailable()
    {
        _lifetime.ThrowIfDisposed();
        return BriefSpin.While((uint*)Unsafe.AsPointer(ref State.Available), 0);
    }

    private bool TryTake()
    {
        ref SemaphoreState state = ref State;
        ref Member self = ref _monitor.Self;
        if (state.Available == 0)
        {
            return false;
        }

        // Killed before this store nothing is taken, after it this process has died holding the count.
        self.Value++;
        CrashPoint.Reach("semaphore.taken");
        state.Available--;
        return true;
    }

    private int Give(int count)
    {
        ref SemaphoreState state = ref State;
        ref Member self = ref _monitor.Self;
        int before = state.Available;
        if (count > state.Maximum - before)
        {
            throw new SemaphoreFullException(
                $"Releasing {count} would make {(long)before + count} counts available, more than the maximum of {state.Maximum}.");
        }

        self.Value -= count;
        CrashPoint.Reach("semaphore.given");
        state.Available += count;
        _monitor.MarkChanged();
        return before;
    }

    /// <summary>Finishes a removal under way, and adds up again.</summary>
    void IMonitored.Repair(Abandonment abandonment)
    {
        FinishRemoval();
        ref SemaphoreState state = ref State;
        int available = state.Base;
        foreach (ref readonly Member member in _monitor.Members)
        {
            available -= member.Value;
        }

        state.Available = available;
    }

    /// <summary>
    /// Removes a member that has ended. What it held comes back as far as that does not exceed what there was in the
    /// beginning; what it released beyond what it held stays.
    /// </summary>
    void IMonitored.RemoveEnded(int index, Abandonment end)
    {
        ref SemaphoreState state = ref State;
        int held = _monitor.Members[index].Value;
        int returned = Math.Clamp(state.Initial - state.Available, 0, Math.Max(held, 0));
        state.BaseAfterRemoval = state.Base - held + returned;
        Volatile.Write(ref state.RemovedMember, index + 1);
        CrashPoint.Reach("semaphore.removing");
        FinishRemoval();
        CrashPoint.Reach("semaphore.removed");
        state.Available += returned;
        _monitor.MarkChanged();
    }

    private void FinishRemoval()
    {
        ref SemaphoreState state = ref State;
        if (state.RemovedMember is var removed and not 0)
        {
            // Every store can be made twice, so it does not matter at which of them somebody died.
            Volatile.Write(ref state.Base, state.BaseAfterRemoval);
            CrashPoint.Reach("semaphore.rebased");
            SharedMonitor.Remove(ref _monitor.Members[removed - 1]);
            Volatile.Write(ref state.RemovedMember, 0);
        }
    }
}
