using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// A channel between processes, as in Hoare's Communicating Sequential Processes: any number of writers and readers, in any number of
/// processes and tasks, each item to exactly one reader. By default reader and writer meet; with a capacity the channel is a buffer.
/// </summary>
/// <typeparam name="T">The items. Unmanaged ones are copied as they lie in memory, others serialized when they are written.</typeparam>
/// <remarks>
/// <para>
/// The channel itself only makes ends, one for each process and side; those are what processes use. A channel that never had a reader
/// lets writers wait for one; it ends when the last end of a side is retired, or when one is poisoned.
/// </para>
/// <para>
/// Any process may be killed at any instant. A write or read it was in has then either happened or not; an item that it had taken is
/// gone with it. What its death means to the others says the <see cref="DeathPolicy"/>; nobody is left waiting. A process that is
/// stopped (SIGSTOP) in the fraction of a microsecond in which it looks for a partner holds up the others until it goes on.
/// </para>
/// <para>
/// Waiting uses no processor time, and awaiting no thread. An item that is longer than some 250 bytes when serialized, or in a buffered
/// channel than all of the buffer, or that has a handle in it (an end, a connection), stays with its process until it is read, and its
/// write returns only then. So nothing is lost that was written by a process that has ended in order. All members are safe to call from
/// any thread.
/// </para>
/// </remarks>
[StaysHere("pass on its ends")]
public sealed class CspChannel<T> : IDisposable
{
    private readonly Lock _lock = new();
    private ChannelCore? _core;

    /// <summary>Creates a channel without ends.</summary>
    /// <param name="options">What it is to be like; without: a rendezvous, poisoned by deaths.</param>
    /// <exception cref="IOException">The system refused the memory.</exception>
    public CspChannel(CspChannelOptions? options = null)
    {
        _core = ChannelCore.Create(options ?? new CspChannelOptions(), QueueItems<T>.Size, QueueItems<T>.Type);
    }

    /// <summary>Creates a buffered channel.</summary>
    /// <param name="capacity">How many items it holds; 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is negative.</exception>
    public CspChannel(int capacity)
        : this(new CspChannelOptions { Capacity = capacity })
    {
    }

    /// <summary>Makes an end to read from, which belongs to this process until it is moved to another.</summary>
    /// <exception cref="InvalidOperationException">The channel has 128 ends.</exception>
    /// <exception cref="ObjectDisposedException">The channel's object was disposed of.</exception>
    public ReadEnd<T> CreateReader() => new(Use());

    /// <summary>Makes an end to write to, which belongs to this process until it is moved to another.</summary>
    /// <inheritdoc cref="CreateReader"/>
    public WriteEnd<T> CreateWriter() => new(Use());

    /// <summary>Makes no more ends. Those that were made are not affected.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _core?.RemoveUser();
            _core = null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _core is { } core ? $"{core} of {typeof(T).Name}" : "CSP channel (disposed)";

    private ChannelCore Use()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_core is null, this);
            _core.AddUser();
            return _core;
        }
    }
}
