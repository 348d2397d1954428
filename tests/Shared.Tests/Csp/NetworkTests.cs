using IpcDemos.Shared.Csp;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Csp;

public sealed class NetworkTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public void Results_come_in_the_order_of_the_processes_as_the_types_they_are_declared_as(bool tasks)
    {
        using var release = new ProcessEvent();
        object?[] results = Network.Parallel(
            new CspProcess(ReturnAfter, release) { RunsAsTask = tasks },
            new CspProcess(ReturnAndSet, release, 2) { RunsAsTask = tasks },
            new CspProcess(DoNothing) { RunsAsTask = tasks },
            new CspProcess(ReturnLater, 4) { RunsAsTask = tasks });
        Assert.Equal([new Answer("first", [1]), 2, null, "4"], results);
    }

    [Fact(Timeout = 60_000)]
    public void Processes_run_in_processes_of_their_own_and_tasks_in_this_one()
    {
        object?[] results = Network.Parallel(
            new CspProcess(ProcessId), new CspProcess(ProcessId), new CspProcess(ProcessId) { RunsAsTask = true });
        Assert.Equal(3, results.Distinct().Count());
        Assert.Equal(Environment.ProcessId, results[2]);
    }

    [Fact(Timeout = 60_000)]
    public void A_sequence_runs_one_after_the_other_and_stops_at_a_failure()
    {
        using var channel = new CspChannel<int>(4);
        object?[] results = Network.Sequence(
            new CspProcess(WriteOne, channel.CreateWriter(), 1),
            new CspProcess(WriteOne, channel.CreateWriter(), 2),
            new CspProcess(ReadOne, channel.CreateReader()));
        Assert.Equal([null, null, 1], results);

        using var never = new ProcessEvent();
        Assert.Throws<RemoteException>(() => Network.Sequence(new CspProcess(Fail), new CspProcess(ReturnAndSet, never, 1)));
        Assert.False(never.IsSet);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_waits_for_those_behind_one_that_failed_in_a_sequence()
    {
        using var channel = new CspChannel<int>();
        using ReadEnd<int> reader = channel.CreateReader();
        Task sequence = Network.SequenceAsync(new CspProcess(Fail), new CspProcess(WriteAndReturn, channel.CreateWriter()));
        await Assert.ThrowsAsync<ChannelPoisonedException>(() => reader.ReadAsync().AsTask());
        await Assert.ThrowsAsync<RemoteException>(() => sequence);
    }

    [Fact(Timeout = 60_000)]
    public void A_process_that_exits_in_mid_call_without_an_error_retires_and_returns_nothing()
    {
        using var channel = new CspChannel<int>(capacity: 1);
        using ReadEnd<int> reader = channel.CreateReader();
        Assert.Equal([null], Network.Parallel(new CspProcess(WriteAndExit, channel.CreateWriter())));
        Assert.Equal([1], reader.ReadAll());
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_failures_are_all_told()
    {
        AggregateException error =
            await Assert.ThrowsAsync<AggregateException>(() => Network.ParallelAsync(new CspProcess(Fail), new CspProcess(Fail)));
        Assert.Equal(2, error.InnerExceptions.OfType<RemoteException>().Count());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_network_ends(bool tasks)
    {
        using var cancel = new CancellationTokenSource();
        using var channel = new CspChannel<int>();
        using WriteEnd<int> writer = channel.CreateWriter();
        Task network = Network.ParallelAsync([new CspProcess(ReadOn, channel.CreateReader()) { RunsAsTask = tasks }], cancel.Token);
        await writer.WriteAsync(1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_is_started_once_and_takes_its_ends_with_it()
    {
        using var channel = new CspChannel<int>(4);
        WriteEnd<int> writer = channel.CreateWriter();
        var process = new CspProcess(WriteOne, writer, 1);
        await Network.Spawn(process);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Network.Spawn(process));
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => Network.Spawn(new CspProcess(WriteOne, writer, 1)));
        Assert.Contains("needs an end of its own", error.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_network_that_is_poisoned_by_a_death_outside_of_it_names_that()
    {
        using var channel = new CspChannel<int>();
        using var worker = WorkerProcess.Create(WriteOn, channel.CreateWriter());
        using ReadEnd<int> ours = channel.CreateReader();
        Task<object?[]> network = Network.ParallelAsync(new CspProcess(ReadOn, channel.CreateReader()));
        worker.Start();
        _ = await ours.ReadAsync();
        worker.Kill();
        ChannelPoisonedException error = await Assert.ThrowsAsync<ChannelPoisonedException>(() => network);
        Assert.Equal(worker.ProcessId, error.ProcessId);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_choice_hears_of_a_death_at_any_of_its_channels()
    {
        using var one = new CspChannel<int>();
        using var other = new CspChannel<int>();
        using ReadEnd<int> oneReader = one.CreateReader();
        using ReadEnd<int> otherReader = other.CreateReader();
        using WriteEnd<int> ours = one.CreateWriter();
        using var worker = WorkerProcess.Create(WriteOn, other.CreateWriter());
        worker.Start();
        Guard fromWorker = Guard.Read(otherReader);
        var choice = new Alternation(Guard.Read(oneReader), fromWorker);
        Assert.Equal(1, await choice.FairSelectAsync());
        worker.Kill();
        ChannelPoisonedException error = await Assert.ThrowsAsync<ChannelPoisonedException>(async () =>
        {
            while (true)
            {
                _ = await choice.FairSelectAsync();
            }
        });
        Assert.Equal(worker.ProcessId, error.ProcessId);
        fromWorker.IsEnabled = false;
        Task<int> choosing = choice.FairSelectAsync().AsTask();
        await ours.WriteAsync(1);
        Assert.Equal(0, await choosing);
    }

    private static void WriteAndReturn(WriteEnd<int> writer) => writer.Write(1);

    private static int WriteAndExit(WriteEnd<int> writer)
    {
        writer.Write(1);
        Environment.Exit(0);
        return 2;
    }

    private static Answer ReturnAfter(ProcessEvent release)
    {
        release.Wait();
        return new Answer("first", [1]);
    }

    private static int ReturnAndSet(ProcessEvent release, int number)
    {
        release.Set();
        return number;
    }

    private static void DoNothing()
    {
    }

    private static async Task<string> ReturnLater(int number)
    {
        await Task.Yield();
        return $"{number}";
    }

    private static int ProcessId() => Environment.ProcessId;

    private static void WriteOne(WriteEnd<int> to, int number) => to.Write(number);

    private static int ReadOne(ReadEnd<int> from) => from.Read();

    private static void Fail() => throw new InvalidOperationException("on purpose");

    private static void ReadOn(ReadEnd<int> from)
    {
        while (true)
        {
            _ = from.Read();
        }
    }

    private static void WriteOn(WriteEnd<int> to)
    {
        while (true)
        {
            to.Write(1);
        }
    }

    private sealed record Answer(string Name, List<int> Numbers)
    {
        public bool Equals(Answer? other) => other is not null && Name == other.Name && Numbers.SequenceEqual(other.Numbers);

        public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
    }
}
