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
    private const int BufferLength = 65_536;

    private BlockingCollection<(int Length, TaskCompletionSource<int> Read)>? _reads;
    private byte[] _buffer = [];

    /// <summary>Reads what has been written, as a stream does; one read at a time, and none after one that was cancelled.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows())
        {
            return await pipe.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        if (_reads is null)
        {
            _buffer = new byte[BufferLength];
            BlockingCollection<(int Length, TaskCompletionSource<int> Read)> reads = [];
            new Thread(() => ReadAll(reads)) { IsBackground = true, Name = "IpcDemos child output" }.UnsafeStart();
            _reads = reads;
        }

        var read = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reads.Add((Math.Min(buffer.Length, BufferLength), read), CancellationToken.None);

        // The thread cannot be called back from a read, and what comes after that was given up must not end up in the caller's buffer, which
        // somebody else has by then. So it reads into one of its own.
        int count = await read.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        _buffer.AsMemory(0, count).CopyTo(buffer);
        return count;
    }

    /// <summary>No read follows. One that still waits goes on until the pipe is closed.</summary>
    public void Dispose() => _reads?.CompleteAdding();

    private void ReadAll(BlockingCollection<(int Length, TaskCompletionSource<int> Read)> reads)
    {
        foreach ((int length, TaskCompletionSource<int> read) in reads.GetConsumingEnumerable())
        {
            try
            {
                read.SetResult(pipe.Read(_buffer, 0, length));
            }
            catch (Exception error)
            {
                read.SetException(error);
            }
        }
    }
}
