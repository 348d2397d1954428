using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// How long an object's block stays mapped in this process: until it is disposed of and the last wait on it has left.
/// Disposing wakes those waits, which end with <see cref="ObjectDisposedException"/>.
/// </summary>
/// <param name="block">The memory.</param>
/// <param name="owner">The object, for error messages.</param>
/// <param name="companion">What else the last wait may need, and is disposed of together with the memory.</param>
internal sealed class SharedLifetime(SharedBlock block, object owner, IDisposable? companion = null)
{
    private readonly HashSet<Parker> _waits = [];
    private volatile bool _isDisposed;

    /// <summary>The memory.</summary>
    public SharedBlock Block => block;

    /// <summary>Whether the object may no longer be used.</summary>
    public bool IsDisposed => _isDisposed;

    /// <summary>Begins a wait that a cancellation or the disposal interrupts.</summary>
    /// <exception cref="ObjectDisposedException">The object is disposed of.</exception>
    public SharedWait Enter(CancellationToken cancellationToken)
    {
        Parker parker = Parker.Rent();
        Add(parker);
        return new SharedWait(this, parker, cancellationToken);
    }

    /// <summary>Ends a wait.</summary>
    public void Leave(Parker parker)
    {
        Remove(parker);
        parker.Return();
    }

    /// <summary>Keeps the memory mapped, and has the disposal unpark whoever parks there, until <see cref="Remove"/>.</summary>
    /// <exception cref="ObjectDisposedException">The object is disposed of.</exception>
    public void Add(Parker parker)
    {
        lock (_waits)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, owner);
            _ = _waits.Add(parker);
        }
    }

    /// <summary>Takes back <see cref="Add"/>.</summary>
    public void Remove(Parker parker)
    {
        lock (_waits)
        {
            _ = _waits.Remove(parker);
            if (_isDisposed && _waits.Count == 0)
            {
                End();
            }
        }
    }

    /// <summary>Throws if the object may no longer be used.</summary>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, owner);

    /// <summary>Ends the object's use in this process.</summary>
    /// <returns>Whether this is the first call.</returns>
    public bool Dispose()
    {
        lock (_waits)
        {
            if (_isDisposed)
            {
                return false;
            }

            _isDisposed = true;
            foreach (Parker parker in _waits)
            {
                parker.Unpark();
            }

            if (_waits.Count == 0)
            {
                End();
            }

            return true;
        }
    }

    private void End()
    {
        block.Dispose();
        companion?.Dispose();
    }
}
