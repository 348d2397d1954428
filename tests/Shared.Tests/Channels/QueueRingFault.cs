namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Faults that a <see cref="QueueRingModel"/> can be given, to see that they would be found.</summary>
internal enum QueueRingFault
{
    None,

    /// <summary>The tail is stored before the item is written.</summary>
    PublishesFirst,

    /// <summary>The head is stored without a note of what the tally will be.</summary>
    DoesNotNote,

    /// <summary>Who waits does not watch those that could be killed before they wake it.</summary>
    DoesNotWatch,

    /// <summary>Who waits looks for an item before it marks the gate, and not again.</summary>
    LooksBeforeMarking,
}
