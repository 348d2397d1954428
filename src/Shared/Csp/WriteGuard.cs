namespace IpcDemos.Shared.Csp;

/// <summary>The alternative to write an item; made by <see cref="Guard.Write"/>.</summary>
/// <typeparam name="T">The items.</typeparam>
public sealed class WriteGuard<T> : Guard
{
    private readonly WriteEnd<T> _end;
    private readonly Action? _action;
    private ChannelEnd.Use _use;
    private OutgoingItem<T>? _outgoing;

    internal WriteGuard(WriteEnd<T> end, T value, Action? action)
    {
        ArgumentNullException.ThrowIfNull(end);
        _end = end;
        _action = action;
        Value = value;
    }

    /// <summary>The item that the next choice offers; serialized when that begins.</summary>
    public T Value { get; set; }

    internal override Alternative Begin()
    {
        ChannelEnd.Use use = _end.BeginUse();
        try
        {
            _outgoing = new OutgoingItem<T>(_end, Value);
        }
        catch
        {
            use.Dispose();
            throw;
        }

        _use = use;
        return _outgoing.Alternative;
    }

    internal override void End(bool isChosen)
    {
        _outgoing!.End(isChosen);
        _use.Dispose();
    }

    internal override void Act() => _action?.Invoke();
}
