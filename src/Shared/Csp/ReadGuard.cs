using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Csp;

/// <summary>The alternative to read an item; made by <see cref="Guard.Read"/>.</summary>
/// <typeparam name="T">The items.</typeparam>
public sealed class ReadGuard<T> : Guard
{
    private readonly ReadEnd<T> _end;
    private readonly Action<T>? _action;
    private readonly ChannelAlternative _alternative;
    private ChannelEnd.Use _use;

    internal ReadGuard(ReadEnd<T> end, Action<T>? action)
    {
        ArgumentNullException.ThrowIfNull(end);
        _end = end;
        _action = action;
        _alternative = new ChannelAlternative(end, RecordBuffer.Rent());
    }

    /// <summary>The item that was read last, when this was chosen.</summary>
    public T? Value { get; private set; }

    internal override Alternative Begin()
    {
        _use = _end.BeginUse();
        return _alternative;
    }

    internal override void End(bool isChosen) => _use.Dispose();

    internal override void Act()
    {
        T value = _alternative.Deserialize<T>();
        Value = value;
        _action?.Invoke(value);
    }
}
