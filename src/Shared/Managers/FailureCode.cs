namespace IpcDemos.Shared.Managers;

/// <summary>The kinds of failures that have an exception of their own at the client; all others are remote exceptions.</summary>
internal enum FailureCode
{
    /// <summary>An exception of the user's code, or a fault of the server.</summary>
    Remote = 0,

    /// <summary><see cref="KeyNotFoundException"/>.</summary>
    KeyNotFound = 1,

    /// <summary><see cref="ArgumentOutOfRangeException"/>.</summary>
    OutOfRange = 2,

    /// <summary><see cref="InvalidOperationException"/>.</summary>
    InvalidOperation = 3,

    /// <summary><see cref="TimeoutException"/>.</summary>
    Timeout = 4,

    /// <summary><see cref="OperationCanceledException"/>.</summary>
    Cancelled = 5,

    /// <summary><see cref="SynchronizationLockException"/>.</summary>
    NotHeld = 6,

    /// <summary><see cref="SemaphoreFullException"/>.</summary>
    SemaphoreFull = 7,

    /// <summary><see cref="ObjectDisposedException"/>: no such object, or not any more.</summary>
    NoObject = 8,

    /// <summary><see cref="MissingMethodException"/>: the object has no such method, or it is not registered.</summary>
    NoMethod = 9,

    /// <summary><see cref="ArgumentException"/>: the arguments are not what the method takes.</summary>
    BadArguments = 10,

    /// <summary><see cref="Channels.QueueCompletedException"/>.</summary>
    Completed = 11,
}
