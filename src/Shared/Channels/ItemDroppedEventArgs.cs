namespace IpcDemos.Shared.Channels;

/// <summary>An item that a <see cref="ProcessQueue{T}"/> dropped because it was full.</summary>
public sealed class ItemDroppedEventArgs<T> : EventArgs
{
    internal ItemDroppedEventArgs(T item)
    {
        Item = item;
    }

    /// <summary>The item: another copy of it than was put.</summary>
    public T Item { get; }
}
