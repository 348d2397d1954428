using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>A process dies between any two steps of what it does at a channel: what the others see, and that they do not hang.</summary>
public sealed class ChannelCrashTests
{
    private const int Enough = 1000;

    [Theory(Timeout = 60_000)]
    [InlineData("csp.delivered", 0, 0)]
    [InlineData("csp.decided", 0, 0)]
    [InlineData("csp.before-exit", 0, 0)]
    [InlineData("csp.before-wake", 0, 0)]
    [InlineData("csp.offering", 0, 50)]
    [InlineData("csp.parking", 0, 50)]
    [InlineData("csp.before-exit", 0, 50)]
    [InlineData("csp.written", 4, 50)]
    [InlineData("csp.decided", 4, 0)]
    [InlineData("csp.offering", 4, 50)]
    [InlineData("csp.end-removing", 0, -1)]
    [InlineData("csp.poisoning", 0, -2)]
    public async Task What_a_writer_that_dies_anywhere_had_written_arrives_whole_and_then_its_death(string point, int capacity, int after)
    {
        RequireCrashPoints();
        using var channel = new CspChannel<int>(capacity);
        using ReadEnd<int> reader = channel.CreateReader();
        using var worker = WorkerProcess.Create(WriteUntilDead, channel.CreateWriter(), point, after);
        Task<List<int>> reading = Task.Run(ReadUntilPoisoned);
        worker.Start();
        List<int> read = await reading;
        await worker.JoinAsync();
        Assert.Equal(OperatingSystem.IsWindows() ? -1 : -9, worker.ExitCode);
        Assert.Equal(Enumerable.Range(0, read.Count), read);
        Assert.InRange(read.Count, Math.Max(0, after - capacity), Enough);

        List<int> ReadUntilPoisoned()
        {
            var items = new List<int>();
            try
            {
                items.AddRange(reader.ReadAll().Select(item =>
                {
                    items.Add(item);
                    return item;
                }).Where(_ => false));
                Assert.Fail("The channel was retired.");
            }
            catch (ChannelPoisonedException poison)
            {
                Assert.Equal(worker.ProcessId, poison.ProcessId);
            }

            return items;
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("csp.decided", 0, 50)]
    [InlineData("csp.before-wake", 0, 0)]
    [InlineData("csp.before-exit", 0, 50)]
    [InlineData("csp.offering", 0, 50)]
    [InlineData("csp.parking", 0, 50)]
    [InlineData("csp.taken", 4, 50)]
    [InlineData("csp.kicked", 4, 50)]
    [InlineData("csp.offering", 4, 50)]
    public async Task A_reader_that_dies_anywhere_costs_one_item_at_most(string point, int capacity, int after)
    {
        RequireCrashPoints();
        using var channel = new CspChannel<int>(capacity);
        using WriteEnd<int> writer = channel.CreateWriter();
        using var read = new SharedValue<int>();
        using var worker = WorkerProcess.Create(ReadUntilDead, channel.CreateReader(), read, point, after);
        worker.Start();
        int written = 0;
        ChannelPoisonedException poison = await Assert.ThrowsAsync<ChannelPoisonedException>(() => Task.Run(() =>
        {
            for (; written < Enough * 1000; written++)
            {
                writer.Write(written);
            }
        }));
        Assert.Equal(worker.ProcessId, poison.ProcessId);
        await worker.JoinAsync();
        Assert.Equal(OperatingSystem.IsWindows() ? -1 : -9, worker.ExitCode);

        // What it had read, the one it died with, and, without a buffer, one that was delivered to its offer before its death was known.
        Assert.InRange(written - read.Value, 0, 2 + capacity);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("csp.before-exit")]
    [InlineData("csp.end-announced")]
    [InlineData("csp.acknowledging")]
    [InlineData("csp.acknowledged")]
    public async Task An_end_that_was_sent_to_a_process_which_dies_receiving_it_is_lost_and_not_waited_for(string point)
    {
        RequireCrashPoints();
        using var channel = new CspChannel<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        using var ends = new CspChannel<WriteEnd<int>>();
        using WriteEnd<WriteEnd<int>> sender = ends.CreateWriter();
        using var worker = WorkerProcess.Create(ReceiveAndDie, ends.CreateReader(), point);
        worker.Start();
        Exception? error = await Record.ExceptionAsync(() => sender.WriteAsync(channel.CreateWriter()).AsTask());
        Assert.True(error is null or ChannelPoisonedException, $"{error}");
        ChannelEndedException ended = await Assert.ThrowsAnyAsync<ChannelEndedException>(() => reader.ReadAsync().AsTask());
        Assert.True(ended is ChannelRetiredException || ((ChannelPoisonedException)ended).ProcessId == worker.ProcessId, $"{ended}");
        await worker.JoinAsync();
        Assert.Equal(OperatingSystem.IsWindows() ? -1 : -9, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_that_dies_as_it_takes_an_end_leaves_nobody_asleep()
    {
        RequireCrashPoints();
        using var channel = new CspChannel<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        using WriteEnd<int> writer = channel.CreateWriter();
        Task<int> reading = reader.ReadAsync().AsTask();
        Assert.False(reading.IsCompleted);

        // It comes to know of the channel only now that somebody waits there who cannot have watched it.
        using var worker = WorkerProcess.Create(TakeEndAndDie, Tests.Memory.Wire.Send(channel.CreateWriter()));
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(OperatingSystem.IsWindows() ? -1 : -9, worker.ExitCode);

        try
        {
            await writer.WriteAsync(5);
        }
        catch (ChannelPoisonedException)
        {
            // Something else had the reader look again: it found the death, and ended the channel before the write.
            ChannelPoisonedException poison = await Assert.ThrowsAsync<ChannelPoisonedException>(() => reading);
            Assert.Equal(worker.ProcessId, poison.ProcessId);
            return;
        }

        Assert.Equal(5, await reading);
    }

    [Fact(Timeout = 60_000)]
    public async Task By_the_other_policy_a_death_only_retires()
    {
        using var channel = new CspChannel<int>(new CspChannelOptions { DeathPolicy = DeathPolicy.Retire });
        using ReadEnd<int> reader = channel.CreateReader();
        using var killed = WorkerProcess.Create(WriteForEver, channel.CreateWriter());
        using var other = WorkerProcess.Create(WriteTen, channel.CreateWriter());
        killed.Start();
        Assert.Equal(-1, reader.Read());
        killed.Kill();
        await killed.JoinAsync();
        other.Start();
        Assert.Equal(Enumerable.Range(0, 10), reader.ReadAll().Where(item => item >= 0));
        await other.JoinAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_dies_before_it_takes_its_ends_poisons_them()
    {
        using var channel = new CspChannel<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        var process = new CspProcess(WriteForEver, channel.CreateWriter());
        Task<object?> network = Network.Spawn(process);
        System.Diagnostics.Process.GetProcessById(process.ProcessId!.Value).Kill();
        ChannelPoisonedException poison = await Assert.ThrowsAsync<ChannelPoisonedException>(() => reader.ReadAsync().AsTask());
        Assert.Equal(process.ProcessId, poison.ProcessId);
        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => network);
        Assert.Equal(process.ProcessId, error.ProcessId);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_choice_that_fails_between_the_locks_of_its_channels_keeps_none_of_them()
    {
        RequireCrashPoints();
        using var worker = WorkerProcess.Create(ReadAndWriteAfterAFailedChoice);
        worker.Start();
        Assert.Equal(3, await worker.ResultAsync<int>(TestContext.Current.CancellationToken));
    }

    /// <summary>Which of the two locks comes first is chance: whichever it is, its channel is used again.</summary>
    private static async Task<int> ReadAndWriteAfterAFailedChoice()
    {
        using var one = new CspChannel<int>(1);
        using var two = new CspChannel<int>(1);
        using ReadEnd<int> first = one.CreateReader();
        using ReadEnd<int> second = two.CreateReader();
        using WriteEnd<int> toFirst = one.CreateWriter();
        using WriteEnd<int> toSecond = two.CreateWriter();
        CrashPoint.Arm("csp.entering", static () => throw new ThreadInterruptedException(), times: 2);
        Assert.Throws<ThreadInterruptedException>(() => new Alternation(Guard.Read(first), Guard.Read(second)).FairSelect());
        return await Task.Run(() =>
        {
            toFirst.Write(1);
            toSecond.Write(2);
            return first.Read() + second.Read();
        }).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static void RequireCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");

    private static void WriteUntilDead(WriteEnd<int> writer, string point, int after)
    {
        for (int number = 0; number < Enough; number++)
        {
            if (number == Math.Max(0, after))
            {
                CrashPoint.Arm(point);
                if (after == -1)
                {
                    writer.Retire();
                }
                else if (after == -2)
                {
                    writer.Poison();
                }
            }

            writer.Write(number);
        }
    }

    private static void ReadUntilDead(ReadEnd<int> reader, SharedValue<int> read, string point, int after)
    {
        for (int number = 0; ; number++)
        {
            if (number == after)
            {
                CrashPoint.Arm(point);
            }

            _ = reader.Read();
            read.Value++;
        }
    }

    private static void ReceiveAndDie(ReadEnd<WriteEnd<int>> ends, string point)
    {
        CrashPoint.Arm(point, times: point == "csp.before-exit" ? 2 : 1);
        WriteEnd<int> end = ends.Read();
        end.Write(1);
        _ = ends.Read();
    }

    private static void TakeEndAndDie(string message)
    {
        CrashPoint.Arm("csp.kicked");
        Tests.Memory.Wire.Receive<WriteEnd<int>>(message).Dispose();
    }

    private static void WriteForEver(WriteEnd<int> writer)
    {
        while (true)
        {
            writer.Write(-1);
        }
    }

    private static void WriteTen(WriteEnd<int> writer)
    {
        for (int number = 0; number < 10; number++)
        {
            writer.Write(number);
        }
    }
}
