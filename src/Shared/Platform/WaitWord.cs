namespace IpcDemos.Shared.Platform;

/// <summary>
/// A 32-bit word in shared memory that threads of any process can wait on (<see cref="Parker"/>) until somebody changes
/// and wakes it: the one primitive that everything above is made of.
/// </summary>
/// <remarks>
/// <para>
/// There is no waking of a single waiter. A process that was picked can be killed before it acts on the wake-up, which
/// would then be lost to the others; whoever is woken looks for itself.
/// </para>
/// <para>The memory must stay mapped while any thread of this process waits on it.</para>
/// </remarks>
internal readonly unsafe partial struct WaitWord(uint* address, WaitCell* cell)
{
    /// <summary>Where the word is.</summary>
    public uint* Address => address;

    /// <summary>What some systems need beside it.</summary>
    public WaitCell* Cell => cell;

    /// <summary>The word as it is now.</summary>
    public uint Value => Volatile.Read(ref *address);

    /// <summary>Wakes every thread of every process that waits on the word. Costs a system call.</summary>
    public void WakeAll()
    {
        if (OperatingSystem.IsLinux())
        {
            Futex.WakeAll(address);
        }
        else if (OperatingSystem.IsWindows())
        {
            WakeAllWindows();
        }
        else
        {
            MacAddressWait.WakeAll(address);
        }
    }

    /// <summary>Sets a bit and wakes every waiter.</summary>
    /// <param name="bit">The bit's number, 0 to 10.</param>
    /// <remarks>
    /// On Linux the two are one system call, which a kill cannot part: either nothing has happened or everybody is awake.
    /// Elsewhere a process killed between the two leaves the waiters asleep until the next wake-up.
    /// </remarks>
    public void SetBitAndWakeAll(int bit)
    {
        if (OperatingSystem.IsLinux())
        {
            Futex.SetBitAndWakeAll(address, bit);
        }
        else
        {
            Interlocked.Or(ref *address, 1u << bit);
            WakeAll();
        }
    }
}
