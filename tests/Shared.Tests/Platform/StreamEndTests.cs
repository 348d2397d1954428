using System.Net;
using System.Net.Sockets;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Platform;

public sealed class StreamEndTests
{
    [Fact(Timeout = 60_000)]
    public async Task What_a_read_brought_is_taken_once_though_two_have_waited_for_it()
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        using WorkerProcess worker = WorkerProcess.Create(ReceiveWhileAnotherWaits);
        worker.Start();

        Assert.Equal([1, 2, 3, 4], await worker.ResultAsync<byte[]>(TestContext.Current.CancellationToken));
    }

    private static async Task<byte[]> ReceiveWhileAnotherWaits()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        NetworkStream there = client.GetStream();
        using TcpClient accepted = await listener.AcceptTcpClientAsync();
        using var here = new StreamEnd(accepted.GetStream());

        // The read has come to its end, and before who waited gets to that, somebody else receives all of what it brought.
        byte[] received = new byte[10];
        int count = 0;
        CrashPoint.Arm("stream.read", () => count = here.Read(received, Deadline.Infinite));
        Task waiting = here.WaitReadableAsync(CancellationToken.None);
        await there.WriteAsync(new byte[] { 1, 2, 3 });
        SpinWait.SpinUntil(() => Volatile.Read(ref count) > 0);
        await there.WriteAsync(new byte[] { 4 });

        await waiting;
        count += here.Read(received.AsSpan(count), Deadline.Infinite);
        return received[..count];
    }
}
