namespace IpcDemos.Coordinator.Inspection;

/// <summary>Shows which workers run.</summary>
internal interface IInspectionOutput
{
    /// <summary>Shows one moment.</summary>
    void Show(Snapshot snapshot);

    /// <summary>Shows every moment as it comes.</summary>
    Task ShowAllAsync(IAsyncEnumerable<Snapshot> snapshots);
}
