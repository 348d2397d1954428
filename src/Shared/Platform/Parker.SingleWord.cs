namespace IpcDemos.Shared.Platform;

/// <content>For kernels that can wait for one word only: macOS, and Linux before 5.16.</content>
internal sealed unsafe partial class Parker
{
    /// <summary>The word that the thread is about to wait on, or waits on; null otherwise.</summary>
    private volatile uint* _parkedOn;

    private void ParkThreadOnWord(WaitWord word, uint expected, Deadline deadline)
    {
        _parkedOn = word.Address;
        Interlocked.MemoryBarrier();
        if (!TakePermit())
        {
            if (OperatingSystem.IsLinux())
            {
                Futex.WaitOne(word.Address, expected, deadline);
            }
            else
            {
                MacAddressWait.WaitOne(word.Address, expected, deadline);
            }
        }

        _parkedOn = null;
        _ = TakePermit();
    }

    /// <summary>
    /// Wakes everybody on the word until the parked thread has noticed. Once is not enough: it may have looked for the
    /// permit just before it was given and not yet have reached the kernel.
    /// </summary>
    private void UnparkThreadOnWord()
    {
        var spinner = default(SpinWait);
        for (uint* address = _parkedOn; address != null && Volatile.Read(ref _permit[0]) != 0; address = _parkedOn)
        {
            if (OperatingSystem.IsLinux())
            {
                Futex.WakeAll(address);
            }
            else
            {
                MacAddressWait.WakeAll(address);
            }

            spinner.SpinOnce();
        }
    }
}
