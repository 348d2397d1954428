namespace IpcDemos.Shared.Tests.Support;

/// <summary>Walks exhaustively through the states that a model of an algorithm can come to.</summary>
internal static class StateSpace
{
    /// <param name="first">Where it begins.</param>
    /// <param name="key">The same text for the same state only.</param>
    /// <param name="steps">What can happen next by itself. If nothing can, everybody is through, or waits for what does not come.</param>
    /// <param name="disturbances">What may happen besides, as a kill.</param>
    /// <param name="fault">What is wrong with a state, of which it is told whether nothing can happen by itself any more.</param>
    /// <returns>How many states there are, and how the first wrong one came about, in as few steps as can be; null if none is wrong.</returns>
    public static (int States, string? Wrong) Explore<TState>(
        TState first,
        Func<TState, string> key,
        Func<TState, IEnumerable<(string Step, TState State)>> steps,
        Func<TState, IEnumerable<(string Step, TState State)>> disturbances,
        Func<TState, bool, string?> fault)
    {
        Wine.SkipHere("it takes minutes for what is the same on every system.");
        Dictionary<string, (string? From, string Step)> seen = new(StringComparer.Ordinal) { [key(first)] = (null, "start") };
        Queue<TState> open = new([first]);
        while (open.TryDequeue(out TState? state))
        {
            string from = key(state);
            List<(string Step, TState State)> nexts = [.. steps(state)];
            if (fault(state, nexts.Count == 0) is { } wrong)
            {
                return (seen.Count, $"{wrong}\n{Trace(seen, from)}");
            }

            nexts.AddRange(disturbances(state));
            foreach ((string step, TState next) in nexts)
            {
                if (seen.TryAdd(key(next), (from, step)))
                {
                    open.Enqueue(next);
                }
            }
        }

        return (seen.Count, null);
    }

    private static string Trace(Dictionary<string, (string? From, string Step)> seen, string key)
    {
        Stack<string> steps = [];
        for (string? at = key; at is not null; at = seen[at].From)
        {
            steps.Push(seen[at].Step);
        }

        return string.Join('\n', steps);
    }
}
