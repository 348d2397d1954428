namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Faults that a <see cref="QueueMembersModel"/> can be given, to see that they would be found.</summary>
internal enum QueueMembersFault
{
    None,

    /// <summary>Who joins goes to sleep without having removed the dead if somebody is just taking.</summary>
    GivesUpInJoin,

    /// <summary>Who has ended is looked for after the tallies were completed.</summary>
    LooksAfterSettling,

    /// <summary>A process that ends in order frees its entry while it still takes.</summary>
    FreesOnLeaving,

    /// <summary>Who joins does not watch the others.</summary>
    DoesNotWatch,
}
