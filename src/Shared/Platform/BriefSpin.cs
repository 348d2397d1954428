namespace IpcDemos.Shared.Platform;

/// <summary>
/// Looks at shared memory a while before its user parks: about half as long as being woken takes. What a running process is
/// about to do anyway is then seen without the help of the system. Not done on a single processor, where it could only keep
/// that process from doing it.
/// </summary>
/// <remarks>
/// Always equally long. One that grew shorter with every spin that was in vain did not find back: once both sides had parked,
/// each was woken later than the other had stopped looking, and every hand-over cost two wake-ups from then on.
/// </remarks>
internal struct BriefSpin
{
    private const int Looks = 300;

    private static readonly int s_first = Environment.ProcessorCount > 1 ? 0 : Looks;

    private int _looks;

    /// <summary>Looks until the word has changed, or it is time to park.</summary>
    /// <returns>Whether the word has changed.</returns>
    public static unsafe bool While(uint* address, uint expected)
    {
        var spin = default(BriefSpin);
        do
        {
            if (Volatile.Read(ref *address) != expected)
            {
                return true;
            }
        }
        while (spin.Once());
        return false;
    }

    /// <inheritdoc cref="While(uint*, uint)"/>
    public static unsafe bool While(WaitWord word, uint expected) => While(word.Address, expected);

    /// <summary>Waits some 40 nanoseconds; false when it is time to park.</summary>
    public bool Once()
    {
        if (_looks + s_first >= Looks)
        {
            return false;
        }

        _looks++;
        Thread.SpinWait(1);
        return true;
    }
}
