namespace IpcDemos.Coordinator;

/// <summary>Guesses what a mistyped name was meant to be.</summary>
internal static class NearestNames
{
    private const int MostNames = 3;

    /// <summary>The up to three candidates that take the fewest edits, nearest first.</summary>
    public static IEnumerable<string> Of(string name, IEnumerable<string> candidates) =>
        candidates
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(MostNames)
            .Select(candidate => candidate.Name);

    /// <summary>Levenshtein's distance, except that what follows a matching beginning is free: "proc" means "process".</summary>
    private static int Distance(string typed, string candidate)
    {
        int[] previous = [.. Enumerable.Range(0, candidate.Length + 1)];
        for (int row = 1; row <= typed.Length; row++)
        {
            int[] current = new int[candidate.Length + 1];
            current[0] = row;
            for (int column = 1; column <= candidate.Length; column++)
            {
                bool same = char.ToUpperInvariant(typed[row - 1]) == char.ToUpperInvariant(candidate[column - 1]);
                int replaced = previous[column - 1] + (same ? 0 : 1);
                current[column] = Math.Min(replaced, 1 + Math.Min(previous[column], current[column - 1]));
            }

            previous = current;
        }

        bool isBeginning = typed.Length > 0 && candidate.StartsWith(typed, StringComparison.OrdinalIgnoreCase);
        return isBeginning ? 0 : previous[candidate.Length];
    }
}
