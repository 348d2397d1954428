using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>The locks of values and arrays.</summary>
public sealed class SharedLockTests
{
    [Fact(Timeout = 60_000)]
    public async Task Locked_changes_of_several_processes_and_threads_all_count()
    {
        const int Times = 2000;
        using var value = new SharedValue<decimal>();
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        Task[] work =
        [
            peer.OkAsync($"add-locked {Times} {Wire.Send(value)}"),
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                for (int i = 0; i < Times; i++)
                {
                    using (value.Lock.Hold())
                    {
                        value.Value++;
                    }
                }
            })),
        ];
        await Task.WhenAll(work);
        Assert.Equal(3 * Times, value.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_is_killed_with_the_lock_passes_it_on()
    {
        using var value = new SharedValue<decimal>();
        await using MemoryPeerProcess peer = await MemoryPeerProcess.StartAsync();
        await peer.OkAsync($"hold {Wire.Send(value)}");
        Assert.False(value.Lock.Acquire(TimeSpan.Zero).IsAcquired);
        await peer.KillAsync();
        LockResult result = value.Lock.Acquire();
        Assert.True(result.IsAcquired);
        Assert.NotNull(result.Abandonment);
        value.Lock.Release();
    }

    [Fact(Timeout = 60_000)]
    public void An_array_its_slices_and_what_arrives_of_it_have_one_lock()
    {
        using var array = new SharedArray<int>(10);
        using SharedArray<int> received = Wire.Receive<SharedArray<int>>(Wire.Send(array));
        Assert.Same(array.Lock, array.Lock);
        Assert.Same(array.Lock, array[2..5].Lock);
        Assert.False(received.Lock.IsHeld);
        using (array[2..5].Lock.Hold())
        {
            Assert.True(received.Lock.IsHeld);
        }

        Assert.False(received.Lock.IsHeld);
    }

    [Fact(Timeout = 60_000)]
    public void The_lock_ends_with_the_value_and_leaves_nothing()
    {
        var value = new SharedValue<int>();
        using SharedValue<int> other = Wire.Receive<SharedValue<int>>(Wire.Send(value));
        ProcessRecursiveLock mutex = value.Lock;
        mutex.Hold().Dispose();
        value.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mutex.IsHeld);
        Assert.Throws<ObjectDisposedException>(() => value.Lock);
        Assert.Equal(1, other.Block.ReferenceCount);
    }
}
