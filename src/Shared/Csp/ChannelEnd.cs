using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// One end of a <see cref="CspChannel{T}"/>: <see cref="ReadEnd{T}"/> or <see cref="WriteEnd{T}"/>. It belongs to one process at a time;
/// passing it to a process, or sending it over anything, moves it there.
/// </summary>
/// <remarks>
/// A process that ends in order retires the ends that it still has; what becomes of those of one that dies is the channel's
/// <see cref="DeathPolicy"/>. There is no finalizer: an end that nobody retires counts until its process ends. All members are safe to
/// call from any thread.
/// </remarks>
public abstract class ChannelEnd : IDisposable
{
    private static readonly HashSet<ChannelEnd> s_open = [];

    private readonly int _index;
    private readonly int _generation;
    private volatile bool _isClosed;

    static ChannelEnd()
    {
        AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
        {
            // One that failed leaves its ends behind, as one that was killed does.
            foreach (ChannelEnd end in Environment.ExitCode == 0 ? OpenEnds() : [])
            {
                end.Retire();
            }
        };
    }

    /// <summary>A new end. Takes over one use of the core.</summary>
    private protected ChannelEnd(ChannelCore core, ChannelSide side)
        : this(core, side, core.AddEnd(side))
    {
    }

    /// <summary>The end that a message brings.</summary>
    private protected ChannelEnd(ref MessagePackReader reader, ChannelSide side, ulong itemType)
        : this(TakeFrom(ref reader, side, itemType, out (int, int) entry), side, entry)
    {
    }

    private ChannelEnd(ChannelCore core, ChannelSide side, (int Index, int Generation) entry)
    {
        Core = core;
        Side = side;
        (_index, _generation) = entry;
        lock (s_open)
        {
            _ = s_open.Add(this);
        }
    }

    /// <summary>Whether the channel has been poisoned or retired. Items may be left to read. Does not block.</summary>
    public bool HasEnded
    {
        get
        {
            using Use use = BeginUse();
            return Core.Ending != ChannelEnding.None;
        }
    }

    internal ChannelCore Core { get; }

    internal ChannelSide Side { get; }

    private string KindName => Side == ChannelSide.Reader ? nameof(ReadEnd<>) : nameof(WriteEnd<>);

    /// <summary>
    /// Ends the channel at once: whoever waits at it, or uses it from now on, gets <see cref="ChannelPoisonedException"/>. What is in its
    /// buffer is lost. A <see cref="CspProcess"/> that ends by it poisons all its other channels in turn. Does nothing once this end is
    /// retired. Never waits.
    /// </summary>
    public void Poison() => PoisonFor(default);

    /// <summary>
    /// Gives this end up. When the last reader or the last writer has left, the channel is retired: the others get
    /// <see cref="ChannelRetiredException"/>, readers after what is left in the buffer. Again: does nothing. Never waits.
    /// </summary>
    public void Retire() => Dispose();

    /// <inheritdoc cref="Retire"/>
    public void Dispose()
    {
        if (TryClose())
        {
            Core.RemoveEnd(_index, _generation);
            Core.RemoveUser();
        }

        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{KindName} of {Core}{(_isClosed ? " (retired)" : "")}";

    /// <summary>All ends that this process has.</summary>
    internal static IEnumerable<ChannelEnd> OpenEnds()
    {
        lock (s_open)
        {
            return [.. s_open];
        }
    }

    internal void PoisonFor(PoisonCause cause)
    {
        if (TryBeginUse())
        {
            using var use = new Use(Core);
            Core.Poison(cause);
        }
    }

    internal void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);

    /// <summary>Keeps the channel mapped while a call is at it, in case another thread retires the end meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The end was retired, or moved to another process.</exception>
    internal Use BeginUse() => TryBeginUse() ? new Use(Core) : throw new ObjectDisposedException(
        KindName, $"This {KindName} has been retired, or was passed to another process. Each process needs an end of its own.");

    /// <summary>Writes the end into a message; it is closed here afterwards.</summary>
    internal void MoveTo(ref MessagePackWriter writer)
    {
        using Use use = BeginUse();
        ObjectDisposedException.ThrowIf(!TryClose(), this);
        byte[] reference = Core.BeginMove(_index);
        CrashPoint.Reach("csp.moving");
        writer.WriteArrayHeader(3);
        writer.Write(_index);
        writer.Write(_generation);
        writer.WriteRaw(reference);
        HandleTransfer.AddOffer(new MovedEnd(reference, _index, _generation).TakeBack);
        Core.RemoveUser();
    }

    private static ChannelCore TakeFrom(ref MessagePackReader reader, ChannelSide side, ulong itemType, out (int, int) entry)
    {
        if (reader.ReadArrayHeader() != 3)
        {
            throw new MessagePackSerializationException("An end of a channel has 3 parts.");
        }

        (int index, int generation) = (reader.ReadInt32(), reader.ReadInt32());
        var core = ChannelCore.Attach(ref reader, itemType);
        try
        {
            entry = (index, core.EndMove(index, generation, side));
            return core;
        }
        catch
        {
            core.RemoveUser();
            throw;
        }
    }

    private bool TryClose()
    {
        lock (s_open)
        {
            bool isFirst = s_open.Remove(this);
            _isClosed = true;
            return isFirst;
        }
    }

    private bool TryBeginUse()
    {
        lock (s_open)
        {
            if (_isClosed)
            {
                return false;
            }

            Core.AddUser();
            return true;
        }
    }

    internal readonly struct Use(ChannelCore core) : IDisposable
    {
        public void Dispose() => core.RemoveUser();
    }
}
