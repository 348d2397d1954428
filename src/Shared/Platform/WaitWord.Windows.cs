using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace IpcDemos.Shared.Platform;

internal readonly unsafe partial struct WaitWord
{
    /// <summary>Opens the kernel event that ends waits begun in the present generation.</summary>
    /// <remarks>
    /// Every wake-up ends a generation by setting its event, which stays set: nobody who waited for it can miss it, no
    /// newcomer can take it away, and waiters that were killed leave nothing to clean up. The kernel drops the event with
    /// its last handle.
    /// </remarks>
    [SupportedOSPlatform("windows")]
    public EventWaitHandle OpenGeneration(out uint generation)
    {
        if (Volatile.Read(ref cell->Key) == 0)
        {
            ulong key = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
            _ = Interlocked.CompareExchange(ref cell->Key, key, 0);
        }

        generation = Volatile.Read(ref cell->Generation);
        return new EventWaitHandle(initialState: false, EventResetMode.ManualReset, GenerationName(generation));
    }

    /// <summary>Whether a wait begun in <paramref name="generation"/> would still be woken, and has something to wait for.</summary>
    public bool MustWait(uint generation, uint expected)
    {
        // The value first: a waker changes it before it ends the generation, so a value that is still the expected one
        // in a generation that is still ours means that the wake-up is yet to come.
        bool unchanged = Volatile.Read(ref *address) == expected;
        Interlocked.MemoryBarrier();
        return unchanged && Volatile.Read(ref cell->Generation) == generation;
    }

    [SupportedOSPlatform("windows")]
    private void WakeAllWindows()
    {
        // Orders the caller's change of the word before the look at the key: else a waiter that creates it right now
        // could see the old word and we no key.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref cell->Key) == 0)
        {
            return;
        }

        uint ended = Interlocked.Increment(ref cell->Generation) - 1;
        if (EventWaitHandle.TryOpenExisting(GenerationName(ended), out EventWaitHandle? waiters))
        {
            using (waiters)
            {
                _ = waiters.Set();
            }
        }
    }

    private string GenerationName(uint generation) => $@"Local\IpcDemos-{cell->Key:x16}-{generation:x8}";
}
