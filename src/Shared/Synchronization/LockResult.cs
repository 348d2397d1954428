using System.Diagnostics.CodeAnalysis;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// What came of trying to acquire a lock. Converts to <see langword="bool"/>, so that <c>if (mutex.Acquire(timeout))</c>
/// reads as usual; tells besides whether the lock came from a process that died while it held it.
/// </summary>
/// <remarks>
/// The counterpart of <see cref="AbandonedMutexException"/>. That one is thrown although the mutex is held, so that code
/// which does not expect it leaves the mutex locked for ever; here the lock is recovered without a fuss, and who needs to
/// mend the protected data looks at <see cref="Abandonment"/>.
/// </remarks>
public readonly record struct LockResult
{
    internal LockResult(bool isAcquired, Abandonment? abandonment = null)
    {
        IsAcquired = isAcquired;
        Abandonment = abandonment;
    }

    /// <summary>Whether the caller now holds the lock; <see langword="false"/> after a time-out.</summary>
    public bool IsAcquired { get; }

    /// <summary>
    /// Who died holding the lock, if it came to the caller that way; otherwise <see langword="null"/>. Told once, to the
    /// next holder.
    /// </summary>
    public Abandonment? Abandonment { get; }

    /// <summary>Whether the lock came to the caller from a process that died while it held it.</summary>
    [MemberNotNullWhen(true, nameof(Abandonment))]
    public bool IsAbandoned => Abandonment is not null;

    /// <summary>The same as <see cref="IsAcquired"/>.</summary>
    public static implicit operator bool(LockResult result) => result.IsAcquired;
}
