using System.IO.Pipes;
using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Rows;

/// <summary>
/// The framework's own pipe streams between two processes: as many bytes as the small message takes, no messages, no serialization.
/// </summary>
internal static class BareStreams
{
    private const int Length = 13; // four for the length and nine of MessagePack

    public static double AnonymousRoundTrip(int roundTrips)
    {
        using var sending = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.Inheritable);
        using var receiving = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        using WorkerProcess worker = WorkerProcess.Create(
            EchoAnonymous, sending.GetClientHandleAsString(), receiving.GetClientHandleAsString());
        worker.Start();
        sending.DisposeLocalCopyOfClientHandle();
        receiving.DisposeLocalCopyOfClientHandle();
        double time = RoundTrip(roundTrips, sending, receiving);
        sending.Dispose();
        worker.Join();
        return time;
    }

    public static double NamedRoundTrip(int roundTrips, bool isAsync)
    {
        string name = Guid.NewGuid().ToString("N");
        using var server = new NamedPipeServerStream(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, Options(isAsync));
        using WorkerProcess worker = WorkerProcess.Create(EchoNamedAsync, name, isAsync);
        worker.Start();
        server.WaitForConnection();
        double time = isAsync ? RoundTripAsync(roundTrips, server).GetAwaiter().GetResult() : RoundTrip(roundTrips, server, server);
        server.Dispose();
        worker.Join();
        return time;
    }

    /// <summary>Bytes to a worker through a named pipe, in pieces of a length, until it answers that it has the last one.</summary>
    public static double NamedMegabytesPerSecond(int length, int count)
    {
        string name = Guid.NewGuid().ToString("N");
        using var server = new NamedPipeServerStream(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, Options(isAsync: false));
        int batch = count / 10;
        using WorkerProcess worker = WorkerProcess.Create(ReadBatches, name, length, batch);
        worker.Start();
        server.WaitForConnection();
        var message = new byte[length];
        double seconds = Timing.PerIteration(10, () =>
        {
            for (int sent = 0; sent < batch; sent++)
            {
                server.Write(message);
            }

            _ = server.ReadByte();
        });
        server.Dispose();
        worker.Join();
        return length * (double)batch / seconds / 1e6;
    }

    private static PipeOptions Options(bool isAsync) =>
        PipeOptions.CurrentUserOnly | (isAsync ? PipeOptions.Asynchronous : PipeOptions.None);

    private static double RoundTrip(int roundTrips, Stream sending, Stream receiving)
    {
        var message = new byte[Length];
        return Timing.PerIteration(roundTrips, () =>
        {
            sending.Write(message);
            receiving.ReadExactly(message);
        }) * 1e6;
    }

    private static async Task<double> RoundTripAsync(int roundTrips, Stream stream)
    {
        var message = new byte[Length];
        double seconds = await Timing.PerIterationAsync(roundTrips, async () =>
        {
            await stream.WriteAsync(message);
            await stream.ReadExactlyAsync(message);
        });
        return seconds * 1e6;
    }

    private static void ReadBatches(string name, int length, int batch)
    {
        using var client = new NamedPipeClientStream(".", name, PipeDirection.InOut, Options(isAsync: false));
        client.Connect();
        var message = new byte[length];
        for (int read = 0; client.ReadAtLeast(message, length, throwOnEndOfStream: false) == length;)
        {
            if (++read % batch == 0)
            {
                client.WriteByte(1);
            }
        }
    }

    private static void EchoAnonymous(string receivingHandle, string sendingHandle)
    {
        using var receiving = new AnonymousPipeClientStream(PipeDirection.In, receivingHandle);
        using var sending = new AnonymousPipeClientStream(PipeDirection.Out, sendingHandle);
        Echo(receiving, sending);
    }

    private static async Task EchoNamedAsync(string name, bool isAsync)
    {
        using var client = new NamedPipeClientStream(".", name, PipeDirection.InOut, Options(isAsync));
        await client.ConnectAsync();
        if (!isAsync)
        {
            Echo(client, client);
            return;
        }

        var message = new byte[Length];
        while (await client.ReadAtLeastAsync(message, Length, throwOnEndOfStream: false) == Length)
        {
            await client.WriteAsync(message);
        }
    }

    private static void Echo(Stream receiving, Stream sending)
    {
        var message = new byte[Length];
        while (receiving.ReadAtLeast(message, Length, throwOnEndOfStream: false) == Length)
        {
            sending.Write(message);
        }
    }
}
