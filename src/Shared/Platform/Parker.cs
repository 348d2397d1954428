namespace IpcDemos.Shared.Platform;

/// <summary>
/// One waiting thread or asynchronous flow: parks until a shared word changes, its deadline comes, or somebody in this
/// process unparks it (a cancellation, the death of a process it depends on).
/// </summary>
/// <remarks>
/// Every way to park may also return for no reason; the caller looks at the world again and parks again. An
/// <see cref="Unpark"/> that comes before the park makes it return at once, so none is lost. One flow parks at a time;
/// <see cref="Unpark"/> is safe from any thread, also when nobody parks any more.
/// </remarks>
internal sealed partial class Parker
{
    [ThreadStatic]
    private static Parker? s_spare;

    /// <summary>1 while an <see cref="Unpark"/> is to be delivered. Pinned, since the kernel watches it.</summary>
    private readonly uint[] _permit = GC.AllocateArray<uint>(1, pinned: true);

    /// <summary>The asynchronous wait in progress.</summary>
    private volatile TaskCompletionSource? _wait;

    private Parker()
    {
        UnparkAction = Unpark;
    }

    /// <summary><see cref="Unpark"/>, for those who are to call it later.</summary>
    public Action UnparkAction { get; }

    /// <summary>A parker for one wait, to be given back by <see cref="Return"/>.</summary>
    public static Parker Rent()
    {
        Parker parker = s_spare ?? new Parker();
        s_spare = null;
        return parker;
    }

    /// <summary>Ends the use of this parker. An unpark that comes late wakes its next user once for nothing.</summary>
    public void Return() => s_spare = this;

    /// <summary>Ends the present park, or the next one if there is none.</summary>
    public void Unpark()
    {
        _ = Interlocked.Exchange(ref _permit[0], 1);
        UnparkThread();
        _ = _wait?.TrySetResult();
    }

    /// <summary>Blocks the thread while <paramref name="word"/> is <paramref name="expected"/>.</summary>
    public void Park(WaitWord word, uint expected, Deadline deadline)
    {
        if (TakePermit() || word.Value != expected || deadline.HasPassed)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            ParkThreadOnEvent(word, expected, deadline);
        }
        else if (OperatingSystem.IsLinux() && Futex.CanWaitAny)
        {
            ParkThreadOnWords(word, expected, deadline);
        }
        else
        {
            ParkThreadOnWord(word, expected, deadline);
        }
    }

    /// <summary>
    /// Waits while <paramref name="word"/> is <paramref name="expected"/>. Occupies no thread, except on macOS and on Linux
    /// before 5.16, which cannot wait for several words: there one per wait.
    /// </summary>
    public async ValueTask ParkAsync(WaitWord word, uint expected, Deadline deadline)
    {
        var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _wait = wait;

        // Unpark gives the permit and then looks for a wait; we show the wait and then look for the permit. Without the
        // fence both looks could come before both stores, and the unpark would be lost.
        Interlocked.MemoryBarrier();
        if (!TakePermit() && !deadline.HasPassed)
        {
            using (deadline.IsInfinite ? null : new Timer(static state => ((Parker)state!).Unpark(), this, deadline.Remaining, Timeout.InfiniteTimeSpan))
            using (BeginWait(word, expected, wait))
            {
                await wait.Task.ConfigureAwait(false);
            }
        }

        _wait = null;
    }

    private bool TakePermit() => Volatile.Read(ref _permit[0]) != 0 && Interlocked.Exchange(ref _permit[0], 0) != 0;

    private IDisposable? BeginWait(WaitWord word, uint expected, TaskCompletionSource wait)
    {
        if (OperatingSystem.IsWindows())
        {
            return BeginWaitOnEvent(word, expected, wait);
        }

        if (OperatingSystem.IsLinux() && Futex.CanWaitAny)
        {
            return WordMultiplexer.Add(word, expected, wait);
        }

        var thread = new Thread(() =>
        {
            ParkThreadOnWord(word, expected, Deadline.Infinite);
            _ = wait.TrySetResult();
        })
        {
            IsBackground = true,
            Name = "IpcDemos word waiter",
        };
        thread.UnsafeStart();
        return null;
    }

    private void UnparkThread()
    {
        if (OperatingSystem.IsWindows())
        {
            _ = _interruption?.Set();
        }
        else if (OperatingSystem.IsLinux() && Futex.CanWaitAny)
        {
            UnparkThreadOnWords();
        }
        else
        {
            UnparkThreadOnWord();
        }
    }
}
