using System.IO.Pipes;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>A named pipe of Windows at which only processes of the same user are accepted. What <see cref="LocalSocket"/> is elsewhere.</summary>
internal sealed partial class LocalPipe : IDisposable
{
    // What may be on its way in each direction, as in an anonymous pipe. Without it nothing is sent before the other side reads.
    private const int BufferLength = 64 * 1024;
    private const int FileNotFound = 2;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private readonly string _name;
    private readonly Lock _lock = new();
    private NamedPipeServerStream? _next; // null when it could not be made, and is to be made by the next accept
    private bool _isDisposed;

    /// <summary>Listens there.</summary>
    /// <exception cref="UnauthorizedAccessException">The name is taken.</exception>
    public LocalPipe(string name)
    {
        // The first instance asks to be the first: a name that somebody serves already is refused, not shared.
        (_name, _next) = (name, NewInstance(name, PipeOptions.FirstPipeInstance));
    }

    /// <summary>Connects to the process that listens there; fails at once when there is none.</summary>
    /// <exception cref="IOException">Nobody listens there.</exception>
    public static NamedPipeClientStream Connect(string name, CancellationToken cancellationToken)
    {
        var client = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    client.Connect(s_look);
                    return client;
                }
                catch (TimeoutException) when (HasInstance(name))
                {
                    // All instances are taken. The server makes another as soon as it gets round to it, however long that takes.
                }
                catch (TimeoutException error)
                {
                    throw new IOException($"Nobody listens at '{name}'.", error);
                }
            }
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            NamedPipeServerStream instance = Next();
            try
            {
                await instance.WaitForConnectionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // A client came and had gone before it was looked at; this instance is of no more use. The next one comes
                // first, so that the name is never free for others to take.
                Renew();
                await instance.DisposeAsync().ConfigureAwait(false);
                continue;
            }

            Renew();
            return instance;
        }
    }

    public void Dispose()
    {
        NamedPipeServerStream? next;
        lock (_lock)
        {
            _isDisposed = true;
            next = _next;
        }

        next?.Dispose();
    }

    private NamedPipeServerStream Next()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _next ??= NewInstance(_name, PipeOptions.None);
        }
    }

    /// <summary>The next instance is not the one any more that has had its client.</summary>
    /// <exception cref="ObjectDisposedException">It is closed, and with it that instance.</exception>
    private void Renew()
    {
        lock (_lock)
        {
            // A client came just when this was being closed: a new instance would have nobody to close it, and keep the name in use.
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _next = null;
            try
            {
                _next = NewInstance(_name, PipeOptions.None);
            }
            catch (IOException)
            {
                // The system is short of something. That is no fault of the client that has come; the next accept tries again, and
                // fails if it must. Were the old instance left, each would fail from now on, as that has been connected.
            }
        }
    }

    // The server has its next instance before it lets go of the last, so that a name without any means a process without life.
    private static bool HasInstance(string name) =>
        WaitNamedPipe(@"\\.\pipe\" + name, milliseconds: 1) != 0 || Marshal.GetLastPInvokeError() != FileNotFound;

    private static NamedPipeServerStream NewInstance(string name, PipeOptions options) => new(
        name,
        PipeDirection.InOut,
        NamedPipeServerStream.MaxAllowedServerInstances,
        PipeTransmissionMode.Byte,
        PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly | options,
        BufferLength,
        BufferLength);

    [LibraryImport("kernel32", EntryPoint = "WaitNamedPipeW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial int WaitNamedPipe(string name, uint milliseconds);
}
