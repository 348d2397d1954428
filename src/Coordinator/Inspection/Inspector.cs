using System.Runtime.CompilerServices;

namespace IpcDemos.Coordinator.Inspection;

/// <summary>Shows the running workers and managers of this user, once or again and again.</summary>
internal static class Inspector
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <param name="output">Where to show them.</param>
    /// <param name="watch">Whether to go on until <paramref name="cancellationToken"/> says stop.</param>
    /// <param name="cancellationToken">Ends the watching; this is no error.</param>
    public static async Task RunAsync(IInspectionOutput output, bool watch, CancellationToken cancellationToken)
    {
        if (watch)
        {
            await output.ShowAllAsync(WatchAsync(cancellationToken));
            return;
        }

        output.Show(await Snapshot.TakeAsync(cancellationToken));
    }

    private static async IAsyncEnumerable<Snapshot> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Snapshot snapshot;
            try
            {
                snapshot = await Snapshot.TakeAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            yield return snapshot;
            await Task.Delay(s_interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
