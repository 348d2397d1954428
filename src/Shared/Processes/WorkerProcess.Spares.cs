namespace IpcDemos.Shared.Processes;

public sealed partial class WorkerProcess
{
    /// <summary>
    /// Has so many processes started ahead, which wait until somebody starts a worker: that then begins several times sooner, because
    /// its runtime is up and its code compiled. Workers of pools and managers use them, too. Each that was used is replaced a moment later.
    /// </summary>
    /// <remarks>
    /// Off unless called, since each takes some 50 MiB of memory; it uses no processor while it waits. A spare has the environment
    /// variables that this process had when it was started, and serves as long as this process's current folder is the same. Spares
    /// end with this process, however that ends.
    /// </remarks>
    /// <param name="count">How many, 0 or more; 0 ends those that wait.</param>
    /// <returns>Completes when so many are ready. To call it again waits for those that replace used ones.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <exception cref="FileNotFoundException">There is no worker executable.</exception>
    public static Task KeepSparesAsync(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return WorkerSpares.KeepAsync(count);
    }
}
