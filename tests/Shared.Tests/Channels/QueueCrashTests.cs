using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Processes that die between any two stores of a put, a take, or the accounting; and the accounts of those who are left.</summary>
public sealed class QueueCrashTests
{
    private const int Items = 20;

    public static TheoryData<string, bool> PutPoints => Combine(
        "lock.taken", "queue.put.locked", "queue.put.written", "queue.put.published", "lock.before-free", "queue.put.unlocked",
        "gate.seen", "gate.cleared", "queue.join.claimed", "queue.join.joined");

    public static TheoryData<string, bool> TakePoints => Combine(
        "lock.taken", "queue.take.locked", "queue.take.noting", "queue.take.noted", "queue.take.stored", "queue.take.tallied",
        "lock.before-free", "queue.take.unlocked", "gate.marked");

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(PutPoints))]
    public async Task A_producer_that_dies_anywhere_leaves_whole_items_in_order_and_holds_up_nobody(string point, bool isBlock)
    {
        RequireCrashPoints();
        using ProcessQueue<long> blocks = new();
        using ProcessQueue<string> messages = new();
        using var worker = WorkerProcess.Create(PutUntilDead, blocks, messages, isBlock, point);

        // Somebody waits all the time, so that the gates are used too.
        Task<List<long>> getting = GetUntilEndAsync();
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        await PutAsync(-1);
        List<long> got = await getting;
        Assert.Equal(Enumerable.Range(0, got.Count).Select(number => (long)number), got);
        Assert.InRange(got.Count, 0, UsesGate(point) ? int.MaxValue : Items);
        Assert.True(isBlock ? blocks.IsEmpty : messages.IsEmpty);

        async Task<List<long>> GetUntilEndAsync()
        {
            var items = new List<long>();
            long item;
            while ((item = await GetAsync()) != -1)
            {
                items.Add(item);
            }

            return items;
        }

        async Task<long> GetAsync() => isBlock ? await blocks.GetAsync() : Number(await messages.GetAsync());

        async Task PutAsync(long number)
        {
            if (isBlock)
            {
                await blocks.PutAsync(number);
            }
            else
            {
                await messages.PutAsync(Text(number));
            }
        }
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(TakePoints))]
    public async Task What_a_consumer_that_dies_anywhere_had_taken_is_known_exactly(string point, bool isBlock)
    {
        RequireCrashPoints();
        using ProcessQueue<long> blocks = new(Items);
        using ProcessQueue<string> messages = new(Items);
        for (int number = 0; number < Items; number++)
        {
            Assert.True(isBlock ? blocks.TryPut(number) : messages.TryPut(Text(number)));
        }

        using var worker = WorkerProcess.Create(TakeUntilDead, blocks, messages, isBlock, point);
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);

        var left = new List<long>();
        while (isBlock ? blocks.TryGet(out long block) : Next(out block))
        {
            left.Add(block);
        }

        QueueLoss loss = Assert.Single(isBlock ? blocks.Losses : messages.Losses);
        Assert.Equal(worker.ProcessId, loss.ProcessId);
        Assert.Equal(Enumerable.Range((int)loss.Taken, Items - (int)loss.Taken).Select(number => (long)number), left);

        // All the room is there again.
        Assert.Equal(Items, isBlock ? blocks.PutMany(new long[Items], TimeSpan.Zero) : messages.PutMany(Enumerable.Repeat("", Items).ToArray(), TimeSpan.Zero));

        bool Next(out long number)
        {
            bool any = messages.TryGet(out string? text);
            number = any ? Number(text!) : 0;
            return any;
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("gate.cleared")]
    [InlineData("gate.roused")]
    public async Task A_process_that_dies_as_it_joins_leaves_nobody_asleep(string point)
    {
        RequireCrashPoints();
        using ProcessQueue<long> queue = new(1);
        queue.Put(0);
        Task putting = queue.PutAsync(1).AsTask();
        Assert.False(putting.IsCompleted);

        // It comes to know of the queue, and the queue of it, only now that somebody waits who cannot have watched it.
        using var worker = WorkerProcess.Create(JoinAndDie, Memory.Wire.Send(queue), point);
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(point == "gate.roused" ? KilledExit.Code : 0, worker.ExitCode);

        Assert.Equal(0, queue.Get());
        await putting;
        Assert.Equal(1, queue.Get());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("queue.loss.written")]
    [InlineData("queue.loss.recorded")]
    [InlineData("queue.loss.settled")]
    public async Task A_loss_is_told_once_though_who_records_it_dies_as_well(string point)
    {
        RequireCrashPoints();
        using ProcessQueue<long> queue = new();
        using var taken = new ProcessEvent();
        _ = queue.PutMany([1, 2, 3]);
        using var first = WorkerProcess.Create(TakeThree, queue, taken);
        first.Start();
        Assert.True(taken.Wait());
        first.Kill();
        await first.JoinAsync();
        using var second = WorkerProcess.Create(RecordLosses, queue, point);
        second.Start();
        await second.JoinAsync();
        Assert.Equal(KilledExit.Code, second.ExitCode);
        QueueLoss[] losses = [.. queue.Losses];
        Assert.Equal(3, Assert.Single(losses, loss => loss.ProcessId == first.ProcessId).Unfinished);
        Assert.Equal(0, Assert.Single(losses, loss => loss.ProcessId == second.ProcessId).Taken);
        Assert.Equal(2, losses.Length);
        _ = Assert.Throws<QueueItemsAbandonedException>(() => queue.Join(TimeSpan.FromSeconds(30)));
        queue.Join(TimeSpan.FromSeconds(30));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(QueueFullMode.DropNewest, "queue.drop.known-tail", "abcd")]
    [InlineData(QueueFullMode.DropNewest, "queue.drop.unpublished", "abc")]
    [InlineData(QueueFullMode.DropOldest, "queue.drop.known", "abcd")]
    [InlineData(QueueFullMode.DropOldest, "queue.drop.taken", "bcd")]
    public async Task A_producer_that_dies_while_it_makes_room_costs_no_more_than_it_meant_to_drop(QueueFullMode mode, string point, string left)
    {
        RequireCrashPoints();
        using var queue = new ProcessQueue<string>(new ProcessQueueOptions { CapacityInItems = 4, FullMode = mode });
        _ = queue.PutMany(["a", "b", "c", "d"]);
        using var worker = WorkerProcess.Create(PutAndDie, queue, point);
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        var items = new List<string>();
        while (queue.TryGet(out string? item))
        {
            items.Add(item);
        }

        Assert.Equal(left, string.Concat(items));
        Assert.Equal(4, queue.PutMany(["e", "f", "g", "h"], TimeSpan.Zero));
        Assert.Equal("e", queue.Get());
    }

    private static void RequireCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");

    private static TheoryData<string, bool> Combine(params string[] points) =>
        [.. points.SelectMany(point => new TheoryDataRow<string, bool>[] { new(point, true), new(point, false) })];

    private static string Text(long number) => $"{number} {new string('x', (int)(number & 31))}";

    private static long Number(string text) => long.Parse(text.AsSpan(0, text.IndexOf(' ')), System.Globalization.CultureInfo.InvariantCulture);

    private static void PutUntilDead(ProcessQueue<long> blocks, ProcessQueue<string> messages, bool isBlock, string point)
    {
        if (point.StartsWith("queue.join", StringComparison.Ordinal))
        {
            CrashPoint.Arm(point);
            JoinAnew(isBlock, blocks, messages);
        }

        // At a gate it only dies if somebody has come to wait there by then, which may take a few turns.
        for (int number = 0; number < Items || UsesGate(point); number++)
        {
            if (number == Items / 2 || (number > Items / 2 && UsesGate(point)))
            {
                // Let somebody wait, so that the gate is used.
                while (isBlock ? !blocks.IsEmpty : !messages.IsEmpty)
                {
                    Thread.Yield();
                }

                Thread.SpinWait(2_000_000);
                CrashPoint.Arm(point);
            }

            if (isBlock)
            {
                blocks.Put(number);
            }
            else
            {
                messages.Put(Text(number));
            }
        }
    }

    private static bool UsesGate(string point) => point.StartsWith("gate.", StringComparison.Ordinal);

    private static void JoinAnew(bool isBlock, ProcessQueue<long> blocks, ProcessQueue<string> messages)
    {
        if (isBlock)
        {
            Memory.Wire.Receive<ProcessQueue<long>>(Memory.Wire.Send(blocks)).Dispose();
        }
        else
        {
            Memory.Wire.Receive<ProcessQueue<string>>(Memory.Wire.Send(messages)).Dispose();
        }
    }

    private static void TakeUntilDead(ProcessQueue<long> blocks, ProcessQueue<string> messages, bool isBlock, string point)
    {
        for (int taken = 0; ; taken++)
        {
            if (taken == (point == "gate.marked" ? 0 : 5))
            {
                CrashPoint.Arm(point);
            }

            _ = isBlock ? blocks.Get() : Number(messages.Get());
        }
    }

    private static void JoinAndDie(string message, string point)
    {
        CrashPoint.Arm(point);
        Memory.Wire.Receive<ProcessQueue<long>>(message).Dispose();
    }

    private static void TakeThree(ProcessQueue<long> queue, ProcessEvent taken)
    {
        _ = queue.Get() + queue.Get() + queue.Get();
        taken.Set();
        new ManualResetEvent(false).WaitOne();
    }

    private static void RecordLosses(ProcessQueue<long> queue, string point)
    {
        CrashPoint.Arm(point);
        _ = queue.Losses;
    }

    private static void PutAndDie(ProcessQueue<string> queue, string point)
    {
        CrashPoint.Arm(point);
        queue.Put("x");
    }
}
