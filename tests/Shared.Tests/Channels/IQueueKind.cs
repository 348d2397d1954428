using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>A kind of items, and of queue for them, that <see cref="QueueContract{T, TKind}"/> is to hold for.</summary>
public interface IQueueKind<T>
{
    static abstract ProcessQueueOptions Options { get; }

    static abstract T Item(int number);

    static abstract int Number(T item);
}
