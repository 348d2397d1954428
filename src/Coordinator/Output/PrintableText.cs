namespace IpcDemos.Coordinator.Output;

/// <summary>Makes text from anywhere safe to show on a terminal.</summary>
internal static class PrintableText
{
    /// <summary>
    /// The text with its control characters replaced: a title from the network or another program's name may contain an escape
    /// sequence, which is to be seen, not obeyed.
    /// </summary>
    public static string Of(string text) =>
        string.Concat(text.Select(character => char.IsControl(character) && character != '\t' ? '\uFFFD' : character));
}
