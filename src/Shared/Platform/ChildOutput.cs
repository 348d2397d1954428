using System.Collections.Concurrent;

namespace IpcDemos.Shared.Platform;

/// <summary>What a child process writes: the pipe that is its standard output or error, read without keeping a thread of the pool.</summary>
/// <remarks>
/// Up to .NET 10 these pipes are synchronous ones on Windows, where an asynchronous read just blocks a thread of the pool until the child
/// writes something. With two pipes for each child, a handful of quiet children would keep all of the pool's threads, which it makes up
/// for by two new ones in a second: everything asynchronous in the program would wait for seconds. So there each pipe has a thread.
/// </remarks>
internal sealed class ChildOutput(Stream pipe) : IDisposable
{
    private BlockingCollection<(Memory<byte> Buffer, TaskCompletionSource<int> Read)>? _reads;

    /// <summary>Reads what has been written, as a stream does; one read at a time. On Windows a read that waits is not cancelled.</summary>
    public Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows())
        {
            return pipe.ReadAsync(buffer, cancellationToken).AsTask();
        }

        if (_reads is null)
        {
            _reads = [];
            new Thread(ReadAll) { IsBackground = true, Name = "IpcDemos child output" }.UnsafeStart();
        }

        var read = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reads.Add((buffer, read), CancellationToken.None);
        return read.Task;
    }

    /// <summary>No read follows. One that still waits goes on until the pipe is closed.</summary>
    public void Dispose() => _reads?.CompleteAdding();

    private void ReadAll()
    {
        foreach ((Memory<byte> buffer, TaskCompletionSource<int> read) in _reads!.GetConsumingEnumerable())
        {
            try
            {
                read.SetResult(pipe.Read(buffer.Span));
            }
            catch (Exception error)
            {
                read.SetException(error);
            }
        }
    }
}
