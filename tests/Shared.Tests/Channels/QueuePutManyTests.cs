using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Of items that are put together, those that are in stay in, however the wait for room for the others ends.</summary>
public sealed class QueuePutManyTests
{
    private const int Large = 100_000;

    private static readonly ProcessQueueOptions s_two = new() { CapacityInBytes = 1024, CapacityInItems = 2 };

    [Theory(Timeout = 60_000)]
    [InlineData(Ending.Cancellation)]
    [InlineData(Ending.Disposal)]
    [InlineData(Ending.Completion)]
    [InlineData(Ending.TimeOut)]
    public async Task Large_items_that_are_in_are_whole_after_the_wait_for_the_others_has_ended(Ending ending)
    {
        using var queue = new ProcessQueue<byte[]>(s_two);
        await PutFourAsync(queue, ending, [.. Enumerable.Range(1, 4).Select(static number => Item(number))]);
        Assert.Equal(Item(1), queue.Get());
        Assert.Equal(Item(2), queue.Get());
        Assert.True(queue.IsEmpty);
        Assert.Empty(queue.Extents?.Offsets ?? []);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(Ending.Cancellation)]
    [InlineData(Ending.Disposal)]
    [InlineData(Ending.Completion)]
    [InlineData(Ending.TimeOut)]
    public async Task Connections_in_items_that_are_in_stay_open_and_those_in_the_others_are_closed(Ending ending)
    {
        foreach (PipeTransport transport in Enum.GetValues<PipeTransport>())
        {
            using var queue = new ProcessQueue<Connection>(s_two);
            (Connection Here, Connection There)[] pipes = [.. Enumerable.Range(0, 4).Select(_ => Pipe.Create(transport: transport))];
            await PutFourAsync(queue, ending, [.. pipes.Select(static pipe => pipe.There)]);
            for (int index = 0; index < 2; index++)
            {
                using Connection got = queue.Get();
                got.Send(index);
                Assert.Equal(index, pipes[index].Here.Receive<int>());
            }

            for (int index = 2; index < 4; index++)
            {
                _ = Assert.Throws<ConnectionClosedException>(() => pipes[index].Here.Receive<int>());
            }

            Array.ForEach(pipes, static pipe => pipe.Here.Dispose());
        }
    }

    [Fact(Timeout = 60_000)]
    public void Nothing_is_offered_or_kept_of_items_of_which_a_later_one_cannot_travel()
    {
        using var queue = new ProcessQueue<object>(s_two);
        (Connection here, Connection there) = Pipe.Create();
        _ = Assert.ThrowsAny<Exception>(() => queue.PutMany([there, new byte[Large], new ManualResetEvent(false)]));
        Assert.True(queue.IsEmpty);
        Assert.Empty(queue.Extents?.Offsets ?? []);
        _ = Assert.Throws<ConnectionClosedException>(() => here.Receive<int>());
        here.Dispose();
    }

    /// <summary>Puts four where there is room for two, and ends the wait for more.</summary>
    private static async Task PutFourAsync<T>(ProcessQueue<T> queue, Ending ending, T[] items)
    {
        using ProcessQueue<T> putting = Memory.Wire.Receive<ProcessQueue<T>>(Memory.Wire.Send(queue));
        using var cancellation = new CancellationTokenSource();
        TimeSpan? timeout = ending == Ending.TimeOut ? TimeSpan.Zero : null;
        Task<int> put = putting.PutManyAsync(items, timeout, cancellation.Token).AsTask();
        if (ending == Ending.TimeOut)
        {
            Assert.Equal(2, await put);
            return;
        }

        Assert.False(put.IsCompleted);
        Assert.Equal(2, queue.Count);
        switch (ending)
        {
            case Ending.Cancellation:
                await cancellation.CancelAsync();
                _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
                break;
            case Ending.Disposal:
                putting.Dispose();
                _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => put);
                break;
            default:
                queue.Complete();
                _ = await Assert.ThrowsAsync<QueueCompletedException>(() => put);
                break;
        }
    }

    private static byte[] Item(int number)
    {
        byte[] item = new byte[Large];
        Array.Fill(item, (byte)number);
        return item;
    }

    /// <summary>What ends a wait for room.</summary>
    public enum Ending
    {
        Cancellation,
        Disposal,
        Completion,
        TimeOut,
    }
}
