using System.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Pools;

/// <content>Its process, and what comes from it.</content>
internal sealed partial class PoolWorker
{
    /// <summary>How its process ended; null if it has not.</summary>
    public int? ExitCode => _process.ExitCode;

    /// <summary>
    /// Whether it was ended from outside, by a signal, or on Windows as .NET does. One that crashes, exits, or fails to allocate does so
    /// itself.
    /// </summary>
    public bool WasKilled => _process.ExitCode is -15 or -9 or -1;

    /// <summary>Since it was told to end, or its connection has ended; zero if neither.</summary>
    public TimeSpan SinceDismissal => _dismissed == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_dismissed);

    /// <summary>Looks how much memory it has taken at most: once it has died, nobody can tell any more. Not under the lock.</summary>
    public void SamplePeakMemory()
    {
        if (_process.IsAlive)
        {
            Meter.PeakMemory = Math.Max(Meter.PeakMemory, ProcessMeter.PeakMemory(ProcessId));
        }
    }

    /// <summary>
    /// Asks the task that it <see cref="IsAt"/>, which takes a token, to end. A few bytes into an empty pipe: this never waits.
    /// </summary>
    public void RequestCancellation()
    {
        try
        {
            _cancellations.Send(Meter.Answered + _tasks.Count); // those before it have answered, although nobody has read that yet
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // It has ended; its own thread deals with that.
        }
    }

    public void Kill()
    {
        if (_process.IsAlive)
        {
            _process.Kill();
        }
    }

    /// <summary>Not under the lock: the task's arguments are asked to tell themselves in words.</summary>
    public WorkerDiedException Died(PoolTask task) => new(
        Name, ProcessId, _process.ExitCode ?? 0, _process.LastErrorLines, task.Name, ArgumentText.Of(task.Arguments), Meter.PeakMemory);

    public WorkerDiedException DiedStarting() => new(
        Name, ProcessId, _process.ExitCode ?? 0, _process.LastErrorLines, "its initializer", peakMemory: Meter.PeakMemory);

    public void Dispose()
    {
        // Its sides of the pipes have been moved there, unless it could not be started. When not even all of this could be made, some
        // are null.
        _itsTasks?.Dispose();
        _itsCancellations?.Dispose();
        _connection?.Dispose();
        _cancellations?.Dispose();
        _process?.Dispose();
        _word?.Dispose();
    }

    /// <summary>Sends what was assigned. Not under the scheduler's lock: large tasks wait until the worker reads them.</summary>
    public void Flush() => _outbox.Flush();

    /// <exception cref="IOException">There is no room for another thread.</exception>
    private void StartThread()
    {
        try
        {
            new Thread(Run) { IsBackground = true, Name = _process.Name }.Start();
        }
        catch (OutOfMemoryException refusal)
        {
            // Which is what the runtime says whatever it lacks; most often it is a descriptor.
            throw new IOException("A thread could not be started: there are too many open files, too many threads, or no memory.", refusal);
        }
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            _process.Start();
            _ = _process.Sentinel.ContinueWith(_ => WakeReader(), TaskScheduler.Default);
            ReadAnswers();
        }
        catch (Exception error) when (error is not (IOException or ObjectDisposedException) || _process.ProcessId is null)
        {
            failure = error;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The end of the stream, or this side closed it: either way the process ends, or has.
        }

        _connection.Dispose();
        _scheduler.OnGone(this);
        if (_process.ProcessId is not null && !_process.Sentinel.Wait(WorkerProcess.Grace))
        {
            _process.Kill();
            _process.Sentinel.Wait();
        }

        // If it could not be spoken to, it was killed for that, by this process: not by somebody who merely wants its memory.
        _scheduler.OnEnded(this, failure ?? _process.Failure);
        Dispose();
        _ended.SetResult();
    }

    private void ReadAnswer()
    {
        var reader = new MessagePackReader(_connection.ReceiveBytes());
        _ = reader.ReadArrayHeader();
        var reply = (PoolReply)reader.ReadInt32();
        long microseconds = reader.ReadInt64();
        bool retires = reader.ReadBoolean();
        if (reply == PoolReply.InitializerFailed)
        {
            var error = Serialization.MessageSerializer.Read<RemoteError>(ref reader, Serialization.MessageOrigin.OwnProcess);
            InitializerError = new RemoteException(Name, ProcessId, error);
        }
        else if (reply == PoolReply.Ready)
        {
            SamplePeakMemory();
            _scheduler.OnReady(this, microseconds);
        }
        else
        {
            _scheduler.OnAnswer(this, microseconds, retires).Complete(reply, ref reader, this);
        }
    }

    private void NoteDismissal()
    {
        if (_dismissed == 0)
        {
            _dismissed = Stopwatch.GetTimestamp();
            Meter.Waiting += IsReady && _tasks.Count == 0 ? _dismissed - _since : 0;
        }
    }
}
