using System.Runtime.CompilerServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>
/// What happens inside the monitor. Phases, with g for the generation:
/// <code>
///     Filling    -> Filling, g+1   the last party arrives, and there is no action
///     Filling    -> ActionDue      the last party arrives, and there is one
///     ActionDue  -> Acting         by a party of the process that has the action
///     Acting     -> Filling, g+1   the action has run
///     any but Broken -> Broken, g+1 (g marked broken)
///     Broken     -> Filling, g+1   Reset
/// </code>
/// A party passes, or learns that the barrier broke, when it sees that its generation is over. Who is killed inside is a
/// party, for that moment at least, and the end of a party breaks the barrier: so whatever a dead process left half done is
/// followed by a break.
/// </content>
public sealed unsafe partial class ProcessBarrier
{
    private static int ByteSize => SharedMonitor.ByteSize;

    private ref BarrierState State => ref Unsafe.AsRef<BarrierState>(_monitor.ObjectState);

    private static void Initialize(ref BarrierState state, int parties, bool hasAction, TimeSpan? timeout)
    {
        state.Parties = parties;
        state.ActionProcess = hasAction ? ProcessIdentity.Current.Packed : 0;
        state.TimeoutTicks = timeout is { } time && time != Timeout.InfiniteTimeSpan ? Math.Max(time.Ticks, 0) : -1;
    }

    private BrokenBarrierException BreakAndExplain(BarrierBreak cause, int processId, int? exitCode = null)
    {
        Break(cause, processId, exitCode);
        return Explain();
    }

    private BrokenBarrierException Explain()
    {
        ref BarrierState state = ref State;
        return new BrokenBarrierException(state.Break, state.BreakProcessId, state.BreakExitCode is var code && code == int.MinValue ? null : code);
    }

    private void Break(BarrierBreak cause, int processId, int? exitCode)
    {
        ref BarrierState state = ref State;
        if (state.Phase != BarrierPhase.Broken)
        {
            Note(ref state, cause, processId, exitCode);
            state.Phase = BarrierPhase.Broken;
            EndGeneration(ref state, isBroken: true);
        }
    }

    private static void Note(ref BarrierState state, BarrierBreak cause, int processId, int? exitCode)
    {
        state.Break = cause;
        state.BreakProcessId = processId;
        state.BreakExitCode = exitCode ?? int.MinValue;
    }

    private void Complete(ref BarrierState state)
    {
        EndGeneration(ref state, isBroken: false);
        state.Phase = BarrierPhase.Filling;
    }

    private void EndGeneration(ref BarrierState state, bool isBroken)
    {
        ulong bit = 1ul << (int)(state.Generation % 64);
        state.BrokenGenerations = isBroken ? state.BrokenGenerations | bit : state.BrokenGenerations & ~bit;
        CrashPoint.Reach("barrier.before-end");
        Volatile.Write(ref state.Generation, state.Generation + 1);
        CrashPoint.Reach("barrier.after-end");
        state.Arrived = 0;
        state.Actors = 0;
        CrashPoint.Reach("barrier.emptied");
        foreach (ref Member member in _monitor.Members)
        {
            member.Value = 0;
        }

        _monitor.MarkChanged();
    }

    void IMonitored.RemoveEnded(int index, Abandonment end)
    {
        ref Member member = ref _monitor.Members[index];
        if (member is not { Users: 0, Value: 0 }) // else it only came to change something, and was through with that
        {
            Break(BarrierBreak.ProcessEnded, end.ProcessId, end.ExitCode);
        }

        SharedMonitor.Remove(ref member);
    }

    /// <summary>Forgets parties whose processes have ended, so that they do not break what begins anew.</summary>
    private void RemoveEnded()
    {
        foreach (ref Member member in _monitor.Members)
        {
            if (member.Process != 0 && !ProcessIdentity.FromPacked(member.Process).IsAlive)
            {
                SharedMonitor.Remove(ref member);
            }
        }
    }

    private bool WasBroken(uint generation) => (State.BrokenGenerations & (1ul << (int)(generation % 64))) != 0;

    /// <summary>After a death inside, which was that of a party: what it left half done is followed by a break.</summary>
    void IMonitored.Repair(Abandonment abandonment)
    {
        ref BarrierState state = ref State;
        if (state.Phase == BarrierPhase.Broken)
        {
            EndGeneration(ref state, isBroken: true);
        }

        Break(BarrierBreak.ProcessEnded, abandonment.ProcessId, abandonment.ExitCode);
    }
}
