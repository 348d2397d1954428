using System.Runtime.ExceptionServices;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <content>What one party does from its arrival to its passing.</content>
public sealed partial class ProcessBarrier
{
    private async ValueTask<int> WaitAsync(bool isAsync, Deadline deadline, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using SharedWait wait = _lifetime.Enter(cancellationToken);
        var party = new Party(wait, deadline);
        while (true)
        {
            // Who has arrived is counted on, and can go only by breaking the barrier: which takes getting in, however long it takes.
            bool isFree = !party.HasArrived;
            if (!await _monitor.EnterAsync(
                isAsync, isFree ? deadline : Deadline.Infinite, isFree ? cancellationToken : CancellationToken.None).ConfigureAwait(false))
            {
                throw new TimeoutException($"{this} could not even be arrived at in time: another process is stopped in the middle of an operation on it.");
            }

            bool isInside = true;
            try
            {
                switch (Advance(party))
                {
                    case Step.Passed:
                        return party.Number;
                    case Step.MustWait:
                        // While the action runs nobody is late any more, and whose time has passed would not sleep.
                        bool isLate = deadline.HasPassed && State.Phase != BarrierPhase.Filling;
                        isFree = !party.HasArrived;
                        isInside = false;
                        await _monitor.ExitAndWaitAsync(
                            isAsync,
                            wait,
                            isLate ? Deadline.Infinite : deadline,
                            entry: isFree ? deadline : Deadline.Infinite,
                            spins: true,
                            isFree ? cancellationToken : CancellationToken.None).ConfigureAwait(false);
                        continue;
                }
            }
            finally
            {
                if (isInside)
                {
                    _ = _monitor.Exit();
                }
            }

            try
            {
                _action!();
            }
            catch (Exception error)
            {
                party.ActionError = ExceptionDispatchInfo.Capture(error);
            }
        }
    }

    /// <summary>The party's next step; called inside the monitor, on arrival and whenever something may have changed.</summary>
    private Step Advance(Party party)
    {
        ref BarrierState state = ref State;
        if (party.HasArrived && state.Generation != party.Generation)
        {
            party.ActionError?.Throw();
            if (!WasBroken(party.Generation))
            {
                return Step.Passed;
            }

            ObjectDisposedException.ThrowIf(_isLeaving, this);
            throw Explain();
        }

        ObjectDisposedException.ThrowIf(_isLeaving, this);
        ref Member self = ref TakePart();
        if (party.Wait.IsOver)
        {
            if (party.HasArrived)
            {
                Break(BarrierBreak.Cancelled, Environment.ProcessId, null);
            }

            party.Wait.ThrowIfOver();
        }

        _monitor.RemoveEnded(party.Wait);
        if (state.Phase == BarrierPhase.Broken)
        {
            throw Explain();
        }

        if (party.IsActing)
        {
            return FinishAction(ref state, party);
        }

        if (!party.HasArrived && state.Phase == BarrierPhase.Filling)
        {
            party.Generation = state.Generation;
            _arrivedIn = state.Generation;
            party.Number = state.Arrived++;
            state.Actors += _action is null ? 0 : 1;
            CrashPoint.Reach("barrier.arrived");
            self.Value++;
            if (state.Arrived == state.Parties)
            {
                return FinishFilling(ref state, party);
            }
        }

        if (state.Phase == BarrierPhase.ActionDue && party.HasArrived && _action is not null)
        {
            return BeginAction(ref state, party);
        }

        // Once all have arrived nobody is late any more; and who has not arrived waits for the cycle before its own.
        return state.Phase == BarrierPhase.Filling && party.Deadline.HasPassed
            ? throw BreakAndExplain(BarrierBreak.Timeout, Environment.ProcessId)
            : Step.MustWait;
    }

    private ref Member TakePart()
    {
        ref Member self = ref _monitor.Self;
        if (!_takesPart)
        {
            _takesPart = true;
            self.Users++;
        }

        return ref self;
    }

    private Step FinishFilling(ref BarrierState state, Party party)
    {
        if (state.ActionProcess == 0)
        {
            Complete(ref state);
            return Step.Passed;
        }

        if (state.Actors == 0)
        {
            throw BreakAndExplain(BarrierBreak.ActionMissing, ProcessIdentity.FromPacked(state.ActionProcess).ProcessId);
        }

        if (_action is not null)
        {
            return BeginAction(ref state, party);
        }

        state.Phase = BarrierPhase.ActionDue;
        _monitor.MarkChanged();
        return Step.MustWait;
    }

    private static Step BeginAction(ref BarrierState state, Party party)
    {
        state.Phase = BarrierPhase.Acting;
        party.IsActing = true;
        return Step.MustAct;
    }

    private Step FinishAction(ref BarrierState state, Party party)
    {
        if (party.ActionError is { } error)
        {
            Break(BarrierBreak.ActionFailed, Environment.ProcessId, null);
            error.Throw();
        }

        Complete(ref state);
        return Step.Passed;
    }

    private enum Step
    {
        Passed,
        MustWait,
        MustAct,
    }

    private sealed class Party(SharedWait wait, Deadline deadline)
    {
        public SharedWait Wait => wait;

        public Deadline Deadline => deadline;

        public int Number { get; set; } = -1;

        public bool HasArrived => Number >= 0;

        /// <summary>Of the arrival.</summary>
        public uint Generation { get; set; }

        /// <summary>Whether it is this party that runs the action.</summary>
        public bool IsActing { get; set; }

        public ExceptionDispatchInfo? ActionError { get; set; }
    }
}
