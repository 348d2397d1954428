using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// One end of a one-way pipe, as bytes: blocking, timed and awaitable. Not message-aware. For one thread at a time.
/// </summary>
internal abstract class PipeEnd : IDisposable
{
    /// <summary>What Linux gives a pipe by itself, and Windows if it is asked to.</summary>
    protected const int BufferLength = 64 * 1024;

    public static PipeEnd From(SafePipeHandle handle) =>
        OperatingSystem.IsWindows() ? new WindowsPipeEnd(handle) : new UnixPipeEnd(handle);

    /// <summary>Takes over a connected socket, pipe or other two-way stream: the same bytes, as one end for each direction.</summary>
    public static (PipeEnd Input, PipeEnd Output) FromDuplex(Stream stream)
    {
        if (stream is NetworkStream network && !OperatingSystem.IsWindows())
        {
            return UnixSocketEnd.TakeOver(network);
        }

        var end = new StreamEnd(stream);
        return (end, end);
    }

    /// <summary>Creates an anonymous pipe. Neither end can be inherited by a process that happens to be started.</summary>
    public static (SafePipeHandle Read, SafePipeHandle Write) CreateAnonymous() =>
        OperatingSystem.IsWindows() ? WindowsPipeEnd.Create() : UnixPipeEnd.ConnectAnonymous();

    /// <summary>Creates a named pipe under an unguessable name, connects both ends and gives the name up again.</summary>
    public static (SafePipeHandle Read, SafePipeHandle Write) CreateNamed() =>
        OperatingSystem.IsWindows() ? WindowsPipeEnd.Create() : UnixPipeEnd.ConnectNamed();

    /// <summary>Blocks, not for long, until nothing is left here of what was written to this end; to be called before <see cref="Release"/>.</summary>
    /// <exception cref="TimeoutException">It waits for the reader. The end can be used as before.</exception>
    public virtual void PrepareRelease()
    {
    }

    /// <summary>The handle, for moving this end to another process; the object is unusable afterwards.</summary>
    public abstract SafePipeHandle Release();

    /// <summary>Blocks for at least one byte and returns how many came; 0 at the end of the stream, −1 at the deadline.</summary>
    public abstract int Read(Span<byte> buffer, Deadline deadline);

    /// <summary><see cref="Read"/> without any wait: −1 if there is nothing.</summary>
    public virtual int ReadAtOnce(Span<byte> buffer) => Read(buffer, Deadline.After(TimeSpan.Zero));

    /// <summary>The awaitable twin of <see cref="Read"/>.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes some of the bytes, blocking until there is room for any; 0 at the deadline.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public abstract int Write(ReadOnlySpan<byte> bytes, Deadline deadline);

    /// <summary>Writes some of the bytes.</summary>
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public abstract ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Writes both stretches, or neither: for ends that can do so at less cost than joining them, and have the room. False does
    /// not mean that <see cref="Write"/> would not write.
    /// </summary>
    public virtual bool TryWriteAtOnce(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => false;

    /// <summary>Whether bytes or the end of the stream can be read without blocking, within the deadline.</summary>
    public abstract bool WaitReadable(Deadline deadline);

    /// <summary>Completes when bytes or the end of the stream can be read without blocking.</summary>
    public abstract Task WaitReadableAsync(CancellationToken cancellationToken);

    public abstract void Dispose();
}
