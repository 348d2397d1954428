namespace IpcDemos.Shared.Tests.Synchronization;

/// <content>The steps, named like those of <c>SharedMonitor</c> and <c>ProcessSemaphore</c>.</content>
internal sealed partial class SharedMonitorModel
{
    private IEnumerable<(string Step, State State)> Steps(State state, int index)
    {
        Process me = state.Processes[index];
        if (me.Next != Next.Dead && me.Program.Length > 0 && Step(state, index) is { } next)
        {
            yield return ($"{index + 1} {me.Next}", next);
        }

        for (int dead = 0; dead < programs.Length; dead++)
        {
            if (me.Next != Next.Dead && me.Awaits(dead) && state.Processes[dead].Next == Next.Dead)
            {
                Process told = me with { Watched = me.Watched & ~(1 << dead) };
                yield return ($"{index + 1} is told that {dead + 1} has ended", state.With(index, told.Next == Next.Parked
                    ? told with { Next = Next.Enter, Aim = Aim.Operate }
                    : told with { HasPermit = true }));
            }
        }
    }

    /// <returns>Null if it has to wait.</returns>
    private State? Step(State state, int index)
    {
        Process me = state.Processes[index];
        State To(Next next) => state.With(index, me with { Next = next });
        switch (me.Next)
        {
            case Next.Enter when state.Inside == 0:
                return To(Entered(me)) with { Inside = index + 1 };
            case Next.Enter when state.Processes[state.Inside - 1].Next == Next.Dead:
                bool repairs = me.Aim != Aim.Mark || fault != SharedMonitorFault.MarksWithoutRepair;
                return To(repairs ? Next.Repair : Next.Rouse) with { Inside = index + 1 };
            case Next.Repair:
                return To(Next.Rouse) with { Available = state.Base - state.Processes.Sum(process => process.Held) };
            case Next.Rouse:
                return state.With(index, me with { Next = Entered(me), HasChanged = true }) with { HasWaiters = true };

            case Next.Join:
                return state.With(index, me with
                {
                    IsMember = true,
                    Next = fault == SharedMonitorFault.JoinsUnannounced ? AfterJoin(me) : Next.JoinVersion,
                });
            case Next.JoinVersion:
                return To(state.HasWaiters ? Next.JoinWake : AfterJoin(me)) with { Version = state.Version + 1 };
            case Next.JoinWake:
                return To(Next.JoinClear).Awoken();
            case Next.JoinClear:
                return To(AfterJoin(me)) with { HasWaiters = false };

            case Next.Look:
                return Look(state, index);
            case Next.Removed:
                return To(Next.Look) with { Available = state.Base - state.Processes.Sum(process => process.Held) };
            case Next.Take when state.Available == 0:
                return state.With(index, me with { Next = Next.Clear, Aim = Aim.Mark });
            case Next.Take:
                return state.With(index, me with { Next = Next.Taken, Held = me.Held + 1 });
            case Next.Taken:
                return state.With(index, me with { Next = Next.Clear, Program = me.Program[1..] + "." }) with { Available = state.Available - 1 };
            case Next.Give:
                return state.With(index, me with { Next = Next.Given, Held = me.Held - 1 });
            case Next.Given:
                Process given = me with { Next = Next.Clear, Program = me.Program[1..] + ".", HasChanged = true };
                return state.With(index, given) with { Available = state.Available + 1 };
            case Next.Mark:
                bool parks = (state.Version == me.SeenVersion && !me.HasChanged) || fault == SharedMonitorFault.MarksBlindly;
                Process marked = me with
                {
                    Next = Next.Clear,
                    Aim = parks ? Aim.Park : Aim.Operate,
                    SeenVersion = fault == SharedMonitorFault.MarksBlindly ? state.Version : me.SeenVersion,
                };
                return state.With(index, marked) with { HasWaiters = true };

            case Next.Clear when !me.HasChanged:
                return To(Next.Leave);
            case Next.Clear:
                return state.With(index, me with { Next = Next.Version, MustWake = state.HasWaiters }) with { HasWaiters = false };
            case Next.Version:
                return To(Next.Leave) with { Version = state.Version + 1 };
            case Next.Leave:
                Process left = me with { HasChanged = false, SeenVersion = me.Aim == Aim.Mark ? state.Version : me.SeenVersion };
                return state.With(index, me.MustWake ? left with { Next = Next.Wake } : Outside(left)) with { Inside = 0 };
            case Next.Wake:
                return state.With(index, Outside(me with { MustWake = false })).Awoken();

            case Next.Park when me.HasPermit || state.Version != me.SeenVersion:
                return state.With(index, me with { Next = Next.Enter, Aim = Aim.Operate, HasPermit = false });
            case Next.Park:
                return To(Next.Parked);
            default:
                return null;
        }
    }

    private static Next Entered(Process me) => me.Aim == Aim.Mark ? Next.Mark : me.IsMember ? AfterJoin(me) : Next.Join;

    private static Next AfterJoin(Process me) => me.Program[0] == 'T' ? Next.Look : Next.Give;

    /// <summary>Outside again, of a process whose operation may be over, which is marked by a dot.</summary>
    private static Process Outside(Process me) =>
        me.Program[^1] == '.' ? me with { Program = me.Program[..^1], Next = Next.Enter, Aim = Aim.Operate, SeenVersion = 0 }
        : me.Aim == Aim.Park ? me with { Next = Next.Park }
        : me with { Next = Next.Enter };

    /// <summary>Watches the others, and removes one that has ended; a watch that is new tells at once of one that is dead.</summary>
    private State Look(State state, int index)
    {
        Process me = state.Processes[index];
        for (int other = 0; other < programs.Length; other++)
        {
            Process member = state.Processes[other];
            if (other == index || !member.IsMember)
            {
                continue;
            }

            if (member.Next == Next.Dead && !me.Awaits(other))
            {
                int returned = Math.Clamp(count - state.Available, 0, Math.Max(member.Held, 0));
                return state
                    .With(other, member with { IsMember = false, Held = 0 })
                    .With(index, me with { Next = Next.Removed, HasChanged = true }) with
                { Base = state.Base - member.Held + returned };
            }

            if (fault != SharedMonitorFault.DoesNotWatch)
            {
                me = me with { Watched = me.Watched | (1 << other) };
            }
        }

        return state.With(index, me with { Next = Next.Take });
    }
}
