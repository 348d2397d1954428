namespace IpcDemos.Shared.Csp;

/// <summary>What a <see cref="CspChannel{T}"/> is to be like.</summary>
public sealed class CspChannelOptions
{
    internal const int MostBytes = 1 << 30;

    private const int FewestBytes = 1024;

    /// <summary>
    /// How many items the channel holds between a write and a read, at least 0. With 0, the default, reader and writer meet: neither
    /// goes on before the other has come.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int Capacity
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>
    /// How many bytes of serialized items it holds at most, from 1024 to 1 GiB; 1 MiB unless set. A write waits until there is room.
    /// Only for a channel with a <see cref="Capacity"/> whose items are serialized: unmanaged ones always have room, up to
    /// 1 GiB. Memory is used as far as items ever filled it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in this range.</exception>
    public int CapacityInBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, FewestBytes);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostBytes);
            field = value;
        }
    } = 1024 * 1024;

    /// <summary>What the death of a process that has an end means to the channel; it is poisoned unless set.</summary>
    public DeathPolicy DeathPolicy { get; init; }
}
