namespace IpcDemos.Shared.Platform;

internal sealed unsafe partial class Parker
{
    /// <summary>The most words that <see cref="ParkOnAny"/> takes.</summary>
    public const int MostWords = Futex.MaximumWords - 1;

    /// <summary>Whether a thread can park on several words at once here.</summary>
    public static bool CanParkOnAny => OperatingSystem.IsLinux() && Futex.CanWaitAny;

    /// <summary>Blocks the thread while each of the words is what goes with it. Only where <see cref="CanParkOnAny"/>.</summary>
    public void ParkOnAny(ReadOnlySpan<Futex.Word> words)
    {
        if (TakePermit())
        {
            return;
        }

        Span<Futex.Word> all = stackalloc Futex.Word[Futex.MaximumWords];
        fixed (uint* permit = _permit)
        {
            all[0] = new Futex.Word(permit, 0);
            words.CopyTo(all[1..]);
            _ = Futex.WaitAny(all[..(words.Length + 1)], Deadline.Infinite);
        }

        _ = TakePermit();
    }

    /// <summary>The thread waits for the shared word and for its own permit at once.</summary>
    private void ParkThreadOnWords(WaitWord word, uint expected, Deadline deadline)
    {
        fixed (uint* permit = _permit)
        {
            _ = Futex.WaitAny([new Futex.Word(word.Address, expected), new Futex.Word(permit, 0)], deadline);
        }

        _ = TakePermit();
    }

    private void UnparkThreadOnWords()
    {
        fixed (uint* permit = _permit)
        {
            Futex.WakeAll(permit);
        }
    }
}
