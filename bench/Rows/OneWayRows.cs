using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Rows;

/// <summary>Messages to a worker, one behind the other, until it answers that it has the last one.</summary>
internal static class OneWayRows
{
    private const string Script = "pipe_rows.py";
    private const int Small = 64;
    private const int SmallCount = 200_000;
    private const int Large = 1 << 20;
    private const int LargeCount = 500;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        SmallRow("pipe/one-way-64B", PipeTransport.SharedMemory, python),
        SmallRow("pipe/one-way-64B-anonymous", PipeTransport.Anonymous, python),
        LargeRow("pipe/one-way-1MiB", PipeTransport.SharedMemory, python),
        LargeRow("pipe/one-way-1MiB-anonymous", PipeTransport.Anonymous, python),
        LargeRow(
            "pipe/one-way-1MiB-named",
            PipeTransport.Named,
            python,
            Contender.Limit("NamedPipeServerStream, into one buffer", () => BareStreams.NamedMegabytesPerSecond(Large, LargeCount))),
        LargeRowInto("pipe/one-way-1MiB-into", PipeTransport.SharedMemory, python),
        LargeRowInto("pipe/one-way-1MiB-into-anonymous", PipeTransport.Anonymous, python),
    ];

    private static BenchmarkRow SmallRow(string name, PipeTransport transport, PythonInterpreter python) => new(
        name,
        $"64-byte messages to a worker through a one-way pipe ({transport}): SendBytes, ReceiveBytes",
        Unit.OperationsPerSecond,
        Contender.Ours(() => 1 / SecondsPerMessage(ReceiveBytes, transport, Small, SmallCount)),
        python.Contender("CPython Pipe(duplex=False)", Script, "messages_per_second", Small, SmallCount));

    private static BenchmarkRow LargeRow(string name, PipeTransport transport, PythonInterpreter python, params Contender[] more) => new(
        name,
        $"1 MiB messages to a worker through a one-way pipe ({transport}): SendBytes, ReceiveBytes",
        Unit.MegabytesPerSecond,
        Contender.Ours(() => Large / SecondsPerMessage(ReceiveBytes, transport, Large, LargeCount) / 1e6),
        [python.Contender("CPython Pipe(duplex=False)", Script, "megabytes_per_second", Large, LargeCount), .. more]);

    private static BenchmarkRow LargeRowInto(string name, PipeTransport transport, PythonInterpreter python) => new(
        name,
        $"1 MiB messages to a worker through a one-way pipe ({transport}), into one buffer: SendBytes, ReceiveBytesInto",
        Unit.MegabytesPerSecond,
        Contender.Ours(() => Large / SecondsPerMessage(ReceiveBytesInto, transport, Large, LargeCount) / 1e6),
        python.Contender("CPython recv_bytes_into", Script, "megabytes_per_second_into", Large, LargeCount),
        Contender.Limit("memcpy within a process", CopiedMegabytesPerSecond));

    private static double SecondsPerMessage(Action<Connection, Connection> receiver, PipeTransport transport, int length, int count)
    {
        var (messages, sending) = Pipe.Create(duplex: false, transport);
        var (answers, answering) = Pipe.Create(duplex: false, transport);
        using WorkerProcess worker = WorkerProcess.Create(receiver, messages, answering);
        worker.Start();
        var message = new byte[length];
        int batch = count / 10;
        double seconds = Timing.PerIteration(10, () =>
        {
            sending.Send(batch);
            for (int sent = 0; sent < batch; sent++)
            {
                sending.SendBytes(message);
            }

            _ = answers.Receive<int>();
        });
        sending.Dispose();
        worker.Join();
        return seconds / batch;
    }

    private static void ReceiveBytes(Connection messages, Connection answers) =>
        ReceiveBatches(messages, answers, () => messages.ReceiveBytes());

    private static void ReceiveBytesInto(Connection messages, Connection answers)
    {
        var buffer = new byte[Large];
        ReceiveBatches(messages, answers, () => messages.ReceiveBytesInto(buffer));
    }

    private static void ReceiveBatches(Connection messages, Connection answers, Action receive)
    {
        try
        {
            while (true)
            {
                int count = messages.Receive<int>();
                for (int received = 0; received < count; received++)
                {
                    receive();
                }

                answers.Send(count);
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }

    private static double CopiedMegabytesPerSecond()
    {
        var source = new byte[Large];
        var target = new byte[Large];
        return Large / Timing.PerIteration(LargeCount * 10, () => source.AsSpan().CopyTo(target)) / 1e6;
    }
}
