using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Rows;

/// <summary>A small message to a worker and back.</summary>
internal static class PingPongRows
{
    private const int RoundTrips = 10_000;
    private static readonly object?[] s_message = [42, null, "hello"];

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python)
    {
        Contender cpython = python.Contender("CPython Pipe()", "pipe_rows.py", "ping_pong", RoundTrips);
        Contender anonymous = Contender.Limit("AnonymousPipeServerStream, 13 bytes", () => BareStreams.AnonymousRoundTrip(RoundTrips));
        Contender named = Contender.Limit("NamedPipeServerStream, 13 bytes", () => BareStreams.NamedRoundTrip(RoundTrips, isAsync: false));
        Contender namedAsync = Contender.Limit(
            "NamedPipeServerStream, 13 bytes, async", () => BareStreams.NamedRoundTrip(RoundTrips, isAsync: true));
        return
        [
            Row("pipe/ping-pong", PipeTransport.SharedMemory, isAsync: false, cpython),
            Row("pipe/ping-pong-async", PipeTransport.SharedMemory, isAsync: true, cpython),
            Row("pipe/ping-pong-anonymous", PipeTransport.Anonymous, isAsync: false, cpython, anonymous),
            Row("pipe/ping-pong-anonymous-async", PipeTransport.Anonymous, isAsync: true, cpython),
            Row("pipe/ping-pong-named", PipeTransport.Named, isAsync: false, cpython, named),
            Row("pipe/ping-pong-named-async", PipeTransport.Named, isAsync: true, cpython, namedAsync),
        ];
    }

    private static BenchmarkRow Row(string name, PipeTransport transport, bool isAsync, params Contender[] others) => new(
        name,
        $"[42, null, \"hello\"] to a worker and back through a duplex pipe ({transport})",
        Unit.Microseconds,
        Contender.Ours(() => isAsync ? RoundTripAsync(transport) : RoundTrip(transport)),
        others);

    private static double RoundTrip(PipeTransport transport)
    {
        var (here, there) = Pipe.Create(duplex: true, transport);
        using WorkerProcess worker = WorkerProcess.Create(Echo, there);
        worker.Start();
        double seconds = Timing.PerIteration(RoundTrips, () =>
        {
            here.Send(s_message);
            _ = here.Receive<object?[]>();
        });
        here.Dispose();
        worker.Join();
        return seconds * 1e6;
    }

    private static double RoundTripAsync(PipeTransport transport)
    {
        var (here, there) = Pipe.Create(duplex: true, transport);
        using WorkerProcess worker = WorkerProcess.Create(EchoAsync, there);
        worker.Start();
        double seconds = Timing.PerIterationAsync(RoundTrips, async () =>
        {
            await here.SendAsync(s_message);
            _ = await here.ReceiveAsync<object?[]>();
        }).GetAwaiter().GetResult();
        here.Dispose();
        worker.Join();
        return seconds * 1e6;
    }

    private static void Echo(Connection connection)
    {
        try
        {
            while (true)
            {
                connection.Send(connection.Receive<object?[]>());
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }

    private static async Task EchoAsync(Connection connection)
    {
        try
        {
            while (true)
            {
                await connection.SendAsync(await connection.ReceiveAsync<object?[]>());
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }
}
