namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>How many tickets the server keeps for one client. Outlives the client, as tickets do.</summary>
internal sealed class TransitTally
{
    private volatile int _count;

    /// <summary>The number; changed by the <see cref="TransitTable"/> alone, under its lock.</summary>
    public int Count
    {
        get => _count;
        set => _count = value;
    }
}
