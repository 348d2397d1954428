using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// One wait on shared memory, from the first look to the last, over however many parks it takes: what can end it early
/// (cancellation, disposal, the death of a process it depends on) is set up once.
/// </summary>
internal sealed class SharedWait : IDisposable
{
    private readonly SharedLifetime _lifetime;
    private readonly Parker _parker;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _cancellation;
    private List<ProcessWatch>? _watches;

    /// <summary>Made by <see cref="SharedLifetime.Enter"/>.</summary>
    public SharedWait(SharedLifetime lifetime, Parker parker, CancellationToken cancellationToken)
    {
        _lifetime = lifetime;
        _parker = parker;
        _cancellationToken = cancellationToken;
        _cancellation = cancellationToken.UnsafeRegister(static state => ((Parker)state!).Unpark(), parker);
    }

    /// <summary>Whether the wait was cancelled or its object disposed of.</summary>
    public bool IsOver => _cancellationToken.IsCancellationRequested || _lifetime.IsDisposed;

    /// <summary>Throws if the wait was cancelled or its object disposed of.</summary>
    public void ThrowIfOver()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _lifetime.ThrowIfDisposed();
    }

    /// <summary>Has the end of a process end every park of this wait, and tells how it stands with the process.</summary>
    public ProcessWatch Watch(ProcessIdentity process)
    {
        if (_watches?.Find(known => known.Process == process) is { } known)
        {
            return known;
        }

        var watch = ProcessWatch.On(process);
        if (!watch.HasEnded)
        {
            (_watches ??= []).Add(watch);
            watch.Subscribe(_parker.UnparkAction);
        }

        return watch;
    }

    /// <summary>Waits while the word has the value, or until something else asks for a new look at the world.</summary>
    public ValueTask ParkAsync(bool isAsync, WaitWord word, uint expected, Deadline deadline)
    {
        if (isAsync)
        {
            return _parker.ParkAsync(word, expected, deadline);
        }

        _parker.Park(word, expected, deadline);
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the wait.</summary>
    public void Dispose()
    {
        _watches?.ForEach(watch => watch.Unsubscribe(_parker.UnparkAction));

        _cancellation.Dispose();
        _lifetime.Leave(_parker);
    }
}
