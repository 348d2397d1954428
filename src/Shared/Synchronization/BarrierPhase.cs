namespace IpcDemos.Shared.Synchronization;

/// <summary>What a party finds that arrives at a barrier.</summary>
internal enum BarrierPhase
{
    /// <summary>Parties arrive.</summary>
    Filling = 0,

    /// <summary>All have arrived; the process that has the action is to run it.</summary>
    ActionDue = 1,

    /// <summary>The action runs.</summary>
    Acting = 2,

    /// <summary>Nobody passes until a reset.</summary>
    Broken = 3,
}
