namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Faults that a <see cref="SharedMonitorModel"/> can be given, to see that they would be found.</summary>
internal enum SharedMonitorFault
{
    None,

    /// <summary>Who takes over from a dead process only in order to note that it waits leaves the repair to the next.</summary>
    MarksWithoutRepair,

    /// <summary>A new member begins without rousing those who wait, who do not watch it then.</summary>
    JoinsUnannounced,

    /// <summary>A waiter trusts the members to wake it.</summary>
    DoesNotWatch,

    /// <summary>A waiter notes that it waits after it has left, and does not look whether anything has changed meanwhile.</summary>
    MarksBlindly,
}
