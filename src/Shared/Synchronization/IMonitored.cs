namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// What a <see cref="SharedMonitor"/> needs of the object that it guards, which alone knows what its state means. Called inside the
/// monitor, by whoever happens to be there.
/// </summary>
internal interface IMonitored
{
    /// <summary>
    /// Puts the state right after a death inside. Does it from the beginning if the last one who did it was killed meanwhile.
    /// </summary>
    void Repair(Abandonment abandonment);

    /// <summary>Removes the member at an index, whose process has ended, and settles what it leaves.</summary>
    void RemoveEnded(int index, Abandonment end);
}
