using IpcDemos.Shared.Platform;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Channels;

/// <summary>Creates connected pairs of <see cref="Connection"/>s. The counterpart of <c>multiprocessing.Pipe</c>.</summary>
public static class Pipe
{
    /// <summary>Creates a pipe between two connections, one of which is usually passed to a worker.</summary>
    /// <param name="duplex">
    /// Whether messages go both ways. If not, <c>First</c> only receives and <c>Second</c> only sends.
    /// </param>
    /// <param name="transport">What the bytes travel through.</param>
    /// <returns>The two ends, both of which belong to this process until one is passed on.</returns>
    /// <exception cref="IOException">The system has no more memory or pipes to give (too many open files).</exception>
    /// <remarks>
    /// Costs well under a microsecond per direction in shared memory, two system calls for anonymous pipes, about ten for named
    /// ones. Thread-safe.
    /// </remarks>
    public static (Connection First, Connection Second) Create(
        bool duplex = true, PipeTransport transport = PipeTransport.SharedMemory)
    {
        (PipeEnd read, PipeEnd write) = CreateOneWay(transport);
        if (!duplex)
        {
            return (new Connection(new StreamTransport(read, null)), new Connection(new StreamTransport(null, write)));
        }

        try
        {
            (PipeEnd readBack, PipeEnd writeBack) = CreateOneWay(transport);
            return (new Connection(new StreamTransport(read, writeBack)), new Connection(new StreamTransport(readBack, write)));
        }
        catch
        {
            // The system refused the second half; nobody else has the first, and that in shared memory has no finalizer.
            read.Dispose();
            write.Dispose();
            throw;
        }
    }

    private static (PipeEnd Read, PipeEnd Write) CreateOneWay(PipeTransport transport) => transport switch
    {
        PipeTransport.SharedMemory => RingPipeEnd.Create(),
        PipeTransport.Anonymous => From(PipeEnd.CreateAnonymous()),
        PipeTransport.Named => From(PipeEnd.CreateNamed()),
        _ => throw new ArgumentOutOfRangeException(nameof(transport), transport, "There is no such transport."),
    };

    private static (PipeEnd Read, PipeEnd Write) From((SafePipeHandle Read, SafePipeHandle Write) handles) =>
        (PipeEnd.From(handles.Read), PipeEnd.From(handles.Write));
}
