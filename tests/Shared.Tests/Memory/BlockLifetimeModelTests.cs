namespace IpcDemos.Shared.Tests.Memory;

/// <summary>
/// Every interleaving of what Segment does to one block: its creator tries to free it twice, while a holder hands it on to a second
/// process and lets it go. Each step is one access to shared memory. The holder may be killed before any of its steps.
/// </summary>
public sealed class BlockLifetimeModelTests
{
    private const int Free = 0;
    private const int Live = 1;
    private const int Examined = 2;

    [Fact(Timeout = 60_000)]
    public void A_block_that_is_handed_on_is_never_freed_under_its_new_holder()
    {
        (int states, int violations) = Explore(usesMark: true);
        Assert.InRange(states, 100, int.MaxValue);
        Assert.Equal(0, violations);
    }

    [Fact(Timeout = 60_000)]
    public void Without_the_mark_the_model_finds_the_block_freed_under_its_new_holder() =>
        Assert.NotEqual(0, Explore(usesMark: false).Violations);

    private static (int States, int Violations) Explore(bool usesMark)
    {
        var seen = new HashSet<State>();
        var open = new Stack<State>([new State { Word = Live, FirstCount = true, Ticket = true }]);
        int violations = 0;
        while (open.TryPop(out State state))
        {
            if (!seen.Add(state))
            {
                continue;
            }

            bool isTaken = state.SecondIsAttached && state.Word == Free;
            bool isRefusedInVain = state.SecondFailed && !state.FirstIsDead;
            if (isTaken || isRefusedInVain)
            {
                violations++;
            }

            foreach (State next in Creator(state, usesMark).Concat(First(state)).Concat(Second(state)))
            {
                open.Push(next);
            }
        }

        return (seen.Count, violations);
    }

    // Looks at the two counts, marks, looks again, and frees or takes the mark back; twice.
    private static IEnumerable<State> Creator(State state, bool usesMark)
    {
        const int StepsPerTry = 6;
        if (state.CreatorStep == 2 * StepsPerTry || state.Word == Free)
        {
            yield break;
        }

        int step = state.CreatorStep % StepsPerTry;
        State next = state with { CreatorStep = state.CreatorStep + 1 };
        State givenUp = state with { CreatorStep = ((state.CreatorStep / StepsPerTry) + 1) * StepsPerTry, CreatorSawCount = false };
        switch (step)
        {
            case 0 when state.FirstCount:
            case 1 when state.SecondCount:
                yield return givenUp;
                break;
            case 2 when usesMark:
                yield return next with { Word = Examined };
                break;
            case 3:
                yield return next with { CreatorSawCount = state.FirstCount };
                break;
            case 4:
                yield return next with { CreatorSawCount = state.CreatorSawCount || state.SecondCount };
                break;
            case 5 when !usesMark:
                yield return givenUp with { Word = state.CreatorSawCount ? Live : Free };
                break;
            case 5 when state.Word == Examined:
                yield return givenUp with { Word = state.CreatorSawCount ? Live : Free };
                break;
            case 5:
                yield return givenUp;
                break;
            default:
                yield return next;
                break;
        }
    }

    // Has written a reference with a ticket; once that is redeemed, lets the block go. Killed, its count and ticket are taken back.
    private static IEnumerable<State> First(State state)
    {
        if (state.FirstIsDead)
        {
            if (state.FirstCount || state.Ticket)
            {
                yield return state with { FirstCount = false, Ticket = false };
            }

            yield break;
        }

        if (state.FirstCount)
        {
            yield return state with { FirstIsDead = true };
            if (!state.Ticket)
            {
                yield return state with { FirstCount = false };
            }
        }
    }

    // Counts itself, looks at the generation and takes a mark away, redeems the ticket, lets go.
    private static IEnumerable<State> Second(State state)
    {
        switch (state.SecondStep)
        {
            case 0:
                yield return state with { SecondStep = 1, SecondCount = true };
                break;
            case 1 when state.Word == Free:
                yield return state with { SecondStep = 4, SecondCount = false, SecondFailed = true };
                break;
            case 1 when state.Word == Live:
                yield return state with { SecondStep = 3, SecondIsAttached = true };
                break;
            case 1:
                // Has read "examined" and is about to compare and exchange.
                yield return state with { SecondStep = 2 };
                break;
            case 2:
                yield return state.Word == Examined
                    ? state with { SecondStep = 3, SecondIsAttached = true, Word = Live }
                    : state with { SecondStep = 1 };
                break;
            case 3:
                yield return state with { SecondStep = 5, Ticket = false };
                break;
            case 5:
                yield return state with { SecondStep = 6, SecondIsAttached = false, SecondCount = false };
                break;
        }
    }

    private readonly record struct State
    {
        public int Word { get; init; }

        public bool FirstCount { get; init; }

        public bool SecondCount { get; init; }

        public bool Ticket { get; init; }

        public int CreatorStep { get; init; }

        public bool CreatorSawCount { get; init; }

        public bool FirstIsDead { get; init; }

        public int SecondStep { get; init; }

        public bool SecondIsAttached { get; init; }

        public bool SecondFailed { get; init; }
    }
}
