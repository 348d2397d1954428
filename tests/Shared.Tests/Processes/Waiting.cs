using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Processes;

/// <summary>A worker whose call is running, and goes on until somebody ends it or closes <see cref="Connection"/>.</summary>
internal sealed class Waiting : IAsyncDisposable
{
    private Waiting(WorkerProcess process, Connection connection)
    {
        (Process, Connection) = (process, connection);
    }

    public WorkerProcess Process { get; }

    public Connection Connection { get; }

    public static async Task<Waiting> StartAsync(bool isDaemon = false)
    {
        var (here, there) = Pipe.Create();
        var worker = new Waiting(new WorkerProcess(UntilClosed, there) { IsDaemon = isDaemon }, here);
        worker.Process.Start();
        Assert.Equal("running", await here.ReceiveAsync<string>());
        return worker;
    }

    public async ValueTask DisposeAsync()
    {
        Connection.Dispose();
        await Process.DisposeAsync();
    }

    private static void UntilClosed(Connection connection)
    {
        connection.Send("running");
        while (true)
        {
            try
            {
                _ = connection.ReceiveBytes();
            }
            catch (ConnectionClosedException)
            {
                return;
            }
        }
    }
}
