using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Where processes of the server's user learn what it hosts: each that connects is told once.</summary>
internal sealed class InspectionDesk : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ManagerServer _server;
    private readonly ConnectionListener _listener = new(ManagerReport.CreateAddress());

    /// <summary>Open from now on.</summary>
    public InspectionDesk(ManagerServer server)
    {
        _server = server;
        _ = ServeAsync();
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                Connection visitor = await _listener.AcceptAsync().ConfigureAwait(false);
                _ = Task.Run(() => TellAsync(visitor)); // an object's own text may take its time
            }
        }
        catch (ObjectDisposedException)
        {
            // The server stops.
        }
    }

    private async Task TellAsync(Connection visitor)
    {
        using (visitor)
        {
            using var stop = new CancellationTokenSource(s_patience);
            try
            {
                var report = new ManagerReport(ProcessTree.Current.Name, _server.Address.ToString(), _server.Inspect());
                await visitor.SendBytesAsync(MessageSerializer.Serialize(report, MessageOrigin.Foreign), stop.Token).ConfigureAwait(false);
                await visitor.WaitReadyAsync(stop.Token).ConfigureAwait(false); // it has read all, and leaves: Windows would drop what is unread
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The visitor left, or does not read.
            }
        }
    }
}
