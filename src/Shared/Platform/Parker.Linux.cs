namespace IpcDemos.Shared.Platform;

internal sealed unsafe partial class Parker
{
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
