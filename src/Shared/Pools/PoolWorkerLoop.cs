using System.Buffers;
using System.Diagnostics;
using System.Reflection;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <summary>The call that a pool's worker runs: it takes tasks from its connection, one after another, and answers each.</summary>
internal sealed class PoolWorkerLoop(Connection connection, Connection cancellations, StartGate gate, long maximumMemory)
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _current;
    private long _currentNumber;
    private long _cancelledNumber;
    private bool _listens;

    /// <summary>Runs until the pool closes the connection.</summary>
    public static void Run(
        Connection tasks,
        Connection cancellations,
        SharedValue<long> started,
        Action? initializer,
        long maximumMemory,
        SharedArray<byte> memory)
    {
        ChunkMemory.Current = new ChunkMemory(memory);
        WorkerTitle.Begin(WorkerProcess.Current.Name);
        var loop = new PoolWorkerLoop(tasks, cancellations, new StartGate(started), maximumMemory);
        try
        {
            if (loop.TryInitialize(initializer))
            {
                loop.RunTasks();
            }
        }
        catch (ConnectionClosedException)
        {
            // The pool needs this worker no more.
        }
    }

    private bool TryInitialize(Action? initializer)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            initializer?.Invoke();
            Answer(PoolReply.Ready, start, typeof(void), null);
            return true;
        }
        catch (Exception error) when (error is not ConnectionClosedException)
        {
            Answer(PoolReply.InitializerFailed, start, typeof(RemoteError), RemoteError.From(error));
            return false;
        }
    }

    private void RunTasks()
    {
        while (true)
        {
            WorkerTitle.Show("(waits for a task)"u8);
            byte[] message = connection.ReceiveBytes();
            if (message.Length == 0)
            {
                gate.Reopen();
                continue;
            }

            using CancellationTokenSource current = Begin(gate.Started + 1);
            if (gate.TryStart())
            {
                RunTask(message, current.Token);
            }
        }
    }

    private void RunTask(byte[] message, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Call call;
        object? result;
        Activity? activity = null;
        try
        {
            var reader = new MessagePackReader(message);
            call = new CallReader(cancellationToken).ReadCall(ref reader);
            CallShape called = CallShape.Of(Called(call));
            WorkerTitle.Show(called.Title);
            if (!reader.End)
            {
                activity = PoolTelemetry.Run(called.Name, reader.ReadString()!, reader.ReadString());
            }

            if (!_listens && call.Arguments.Contains(cancellationToken))
            {
                // Noted only once it has started: if there is no thread now, this task fails, and the next one tries again.
                CrashPoint.Reach("cancellations.thread");
                new Thread(ListenForCancellations) { IsBackground = true, Name = "IpcDemos cancellations" }.Start();
                _listens = true;
            }

            result = call.Run();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Answer(PoolReply.Cancelled, start, typeof(void), null);
            return;
        }
        catch (Exception error)
        {
            _ = activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            Answer(PoolReply.Error, start, typeof(RemoteError), RemoteError.From(error));
            return;
        }
        finally
        {
            PoolTelemetry.Stop(activity);
        }

        try
        {
            Answer(call.ResultType == typeof(void) ? PoolReply.NoResult : PoolReply.Result, start, call.ResultType, result);
        }
        catch (Exception error) when (error is not ConnectionClosedException)
        {
            // Nothing of it has been sent: a value is serialized whole before its first byte leaves.
            Answer(PoolReply.Error, start, typeof(RemoteError), RemoteError.From(error));
        }
    }

    /// <summary>What people think of as the task: of a chunk, what it calls for every item.</summary>
    private static MethodInfo Called(Call call) =>
        call.Method.DeclaringType == typeof(Chunk) ? ItemCall.Original((Delegate)call.Arguments[0]!).Method : call.Method;

    private void Answer(PoolReply reply, long start, Type type, object? payload)
    {
        // Each answer leaves before the next task starts: whatever kills this process then, only one task can be lost.
        long microseconds = (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        ArrayBufferWriter<byte> buffer = MessageBuffer.Rent();
        try
        {
            using HandleTransfer.OfferScope offers = HandleTransfer.BeginOffers();
            var writer = new MessagePackWriter(buffer);
            writer.WriteArrayHeader(type == typeof(void) ? 3 : 4);
            writer.Write((int)reply);
            writer.Write(microseconds);
            writer.Write(maximumMemory != long.MaxValue && Environment.WorkingSet > maximumMemory);
            if (type != typeof(void))
            {
                MessageSerializer.Write(ref writer, type, payload);
            }

            writer.Flush();
            connection.SendBytes(buffer.WrittenSpan);
            _ = HandleTransfer.KeepOffers();
        }
        finally
        {
            buffer.ResetWrittenCount();
            MessageBuffer.Return(buffer);
        }
    }

    /// <summary>A token for the task of this number, which may have been cancelled already.</summary>
    private CancellationTokenSource Begin(long number)
    {
        var source = new CancellationTokenSource();
        lock (_lock)
        {
            (_current, _currentNumber) = (source, number);
            if (_cancelledNumber >= number)
            {
                source.Cancel();
            }
        }

        return source;
    }

    private void ListenForCancellations()
    {
        try
        {
            while (true)
            {
                long number = cancellations.Receive<long>();
                CancellationTokenSource? current;
                lock (_lock)
                {
                    _cancelledNumber = number;
                    if (number != _currentNumber)
                    {
                        continue; // that task has ended, or has not begun and will find it
                    }

                    current = _current;
                }

                Cancel(current);
            }
        }
        catch (IOException)
        {
            // The pool needs this worker no more.
        }
    }

    private static void Cancel(CancellationTokenSource? source)
    {
        try
        {
            source?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The task has ended in this very moment.
        }
        catch (AggregateException error)
        {
            // What a task registered with its token has thrown; it must not end the worker under that task's feet.
            Console.Error.WriteLine(error);
        }
    }
}
