namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Faults that a <see cref="RobustLockModel"/> can be given, to see that they would be found.</summary>
internal enum RobustLockFault
{
    None,

    /// <summary>A release wakes a single waiter, as locks do that need not survive its death.</summary>
    WakesOne,

    /// <summary>A waiter trusts the holder to release the lock.</summary>
    DoesNotWatch,
}
