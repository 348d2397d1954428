using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// Finds the managers' servers of this user, whichever program started them, and asks what they host. No key is needed for that: a
/// server tells it at an endpoint of its own to processes of its user, who could read its memory just as well.
/// </summary>
public static class ManagerRegistry
{
    private const int MaximumLength = 64 * 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>The running servers, by process id. All are asked at the same time. Thread-safe.</summary>
    /// <param name="patience">
    /// How long each may take to answer, two seconds unless given. One that does not, because it is stopped or busy, is listed with the problem.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The system does not tell at what its processes listen.</exception>
    public static async Task<IReadOnlyList<RunningManager>> ListAsync(TimeSpan? patience = null, CancellationToken cancellationToken = default)
    {
        IEnumerable<Task<RunningManager?>> asked =
            from endpoint in LocalEndpoints.Find(ManagerReport.EndpointPrefix)
            let processId = ManagerReport.ProcessOf(endpoint)
            where processId is not null
            select AskAsync(endpoint, processId.Value, patience ?? s_patience, cancellationToken);
        RunningManager?[] found = await Task.WhenAll(asked).ConfigureAwait(false);
        return [.. found.OfType<RunningManager>().OrderBy(manager => manager.ProcessId)];
    }

    private static async Task<RunningManager?> AskAsync(
        string endpoint, int processId, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(patience);
        try
        {
            ConnectionAddress address = OperatingSystem.IsWindows() ? ConnectionAddress.Pipe(endpoint) : ConnectionAddress.Unix(endpoint);
            var options = new ConnectionOptions { MaximumMessageLength = MaximumLength };
            using Connection connection = await Connection.ConnectAsync(address, key: null, options, stop.Token).ConfigureAwait(false);
            ManagerReport report = await connection.ReceiveAsync<ManagerReport>(stop.Token).ConfigureAwait(false);
            return new RunningManager(processId, report.Name, report.Address, report.Inspection, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Silent($"It did not answer within {patience.TotalSeconds:0.#} s: it is stopped, or busy.");
        }
        catch (MessagePackSerializationException error)
        {
            return Silent($"It answered with something else than a report, as another version of the library may: {error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended since it was found, or is another user's
        }

        RunningManager Silent(string problem) => new(processId, null, null, null, problem);
    }
}
