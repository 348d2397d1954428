using System.Runtime.CompilerServices;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>Shows the running workers of this user, once or again and again.</summary>
internal static class Inspector
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <param name="output">Where to show them.</param>
    /// <param name="watch">Whether to go on until <paramref name="cancellationToken"/> says stop.</param>
    /// <param name="cancellationToken">Ends the watching; this is no error.</param>
    public static Task RunAsync(IInspectionOutput output, bool watch, CancellationToken cancellationToken)
    {
        if (watch)
        {
            return output.ShowAllAsync(WatchAsync(cancellationToken));
        }

        output.Show(Snapshot.Take());
        return Task.CompletedTask;
    }

    private static async IAsyncEnumerable<Snapshot> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            yield return Snapshot.Take();
            await Task.Delay(s_interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
