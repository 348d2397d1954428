using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>What a task can be given: by arguments, defaults and captured variables, up to what processes share.</summary>
public sealed class SubmitArgumentTests
{
    [Fact(Timeout = 60_000)]
    public async Task Arguments_with_default_values_may_be_left_out()
    {
        await using var pool = new ProcessPool(1);

        Assert.Equal(12, await pool.Submit<int>(Add, [5]));
        Assert.Equal(6, await pool.Submit<int>(Add, [5, 1]));
        Assert.Equal(12, pool.Invoke<int>(Add, [5]));
        ArgumentException error = Assert.Throws<ArgumentException>(() => { _ = pool.Submit<int>(Add, [5, 1, 1]); });
        Assert.Contains("SubmitArgumentTests.Add takes 1 to 2 argument(s)", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_argument_that_cannot_travel_throws_where_it_is_submitted_and_is_named()
    {
        await using var pool = new ProcessPool(1);
        Func<Unserializable, int> call = unfit => unfit.Thread.ManagedThreadId;

        MessageSerializationException error = Assert.Throws<MessageSerializationException>(
            () => { _ = pool.Submit(call, new Unserializable()); });

        Assert.Contains("argument 'unfit'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Thread", error.MemberPath, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_captured_variable_that_cannot_travel_throws_where_it_is_submitted_and_is_named()
    {
        await using var pool = new ProcessPool(1);
        var unfit = new Unserializable();

        MessageSerializationException error = Assert.Throws<MessageSerializationException>(
            () => { _ = pool.Submit(Capturing(unfit)); });

        Assert.Contains("captured variable 'unfit'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Thread", error.MemberPath, StringComparison.Ordinal);
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task Large_arguments_and_results_travel()
    {
        await using var pool = new ProcessPool(1);
        int[] numbers = [.. Enumerable.Range(0, 1_000_000)];

        int[] reversed = await pool.Submit(static (int[] given) => given.Reverse().ToArray(), numbers);

        Assert.Equal(numbers.Reverse(), reversed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_connection_can_be_an_argument()
    {
        await using var pool = new ProcessPool(1);
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            Task<string> received = pool.Submit(PoolTasks.Receive, there);
            here.Send("hello");
            Assert.Equal("hello", await received);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_refused_task_was_to_be_handed_over_is_closed()
    {
        await using var pool = new ProcessPool(1);
        await pool.CompleteAsync();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            Assert.Throws<ObjectDisposedException>(() => { _ = pool.Submit(PoolTasks.Receive, there); });

            await Assert.ThrowsAsync<ConnectionClosedException>(
                () => here.ReceiveAsync<string>().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_that_hands_over_a_connection_is_not_run_again()
    {
        await using var pool = new ProcessPool(new ProcessPoolOptions { WorkerCount = 1, Retries = 5 });
        using var runs = new SharedValue<int>();
        (Connection here, Connection there) = Pipe.Create();
        using (here)
        {
            WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(CountAndDie, runs, there));

            Assert.Equal("SubmitArgumentTests.CountAndDie", error.Task);
            Assert.Equal(1, runs.Value);
        }

        _ = await Assert.ThrowsAsync<WorkerDiedException>(() => pool.Submit(CountAndDie, runs, (Connection?)null));
        Assert.Equal(1 + 6, runs.Value); // one that hands over nothing is
    }

    [Fact(Timeout = 60_000)]
    public async Task A_queue_can_be_given_to_a_task()
    {
        await using var pool = new ProcessPool(1);
        using var queue = new ProcessQueue<int>();
        queue.Put(21);

        await pool.Submit(DoubleNext, queue);

        Assert.Equal(42, queue.Get(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task Locks_and_arrays_can_be_given_to_a_task()
    {
        await using var pool = new ProcessPool(2);
        using var plain = new ProcessLock();
        using var recursive = new ProcessRecursiveLock();
        using var numbers = new SharedArray<int>(2);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CountAsync(pool, plain, recursive, numbers)));

        Assert.Equal([4000, 4000], numbers);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_condition_can_be_given_to_a_task()
    {
        await using var pool = new ProcessPool(1);
        using var condition = new ProcessCondition();
        using var turn = new SharedValue<int>();
        Task answered = pool.Submit(AnswerTurn, condition, turn);

        await using (await condition.HoldAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            turn.Value = 1;
            condition.NotifyAll();
            _ = await condition.WaitForAsync(() => turn.Value == 2, cancellationToken: TestContext.Current.CancellationToken);
        }

        await answered;
    }

    [Fact(Timeout = 60_000)]
    public async Task Memory_and_lists_can_be_given_to_a_task()
    {
        await using var pool = new ProcessPool(1);
        using var memory = SharedMemory.Create(100);
        using var list = new ShareableList(["before", 1]);
        memory.Span[0] = 7;

        Assert.Equal(7, await pool.Submit(Exchange, memory, list));

        Assert.Equal(42, memory.Span[99]);
        Assert.Equal("after", list[0]);
        Assert.Equal(2L, list[1]);
    }

    // Apart, so that the lambdas capture nothing else.
    private static Func<int> Capturing(Unserializable unfit) => () => unfit.Thread.ManagedThreadId;

    private static Task CountAsync(ProcessPool pool, ProcessLock plain, ProcessRecursiveLock recursive, SharedArray<int> numbers) => pool.Submit(() =>
    {
        for (int time = 0; time < 1000; time++)
        {
            using (plain.Hold())
            {
                numbers[0]++;
            }

            using (recursive.Hold())
            using (recursive.Hold())
            {
                numbers[1]++;
            }
        }
    });

    private static int Add(int number, int other = 7) => number + other;

    private static int CountAndDie(SharedValue<int> runs, Connection? connection)
    {
        _ = runs.Increment();
        return PoolTasks.KillSelf() + (connection is null ? 1 : 0);
    }

    private static void DoubleNext(ProcessQueue<int> queue) => queue.Put(2 * queue.Get());

    private static void AnswerTurn(ProcessCondition condition, SharedValue<int> turn)
    {
        using (condition.Hold())
        {
            _ = condition.WaitFor(() => turn.Value == 1);
            turn.Value = 2;
            condition.NotifyAll();
        }
    }

    private static byte Exchange(SharedMemory memory, ShareableList list)
    {
        memory.Span[99] = 42;
        list[0] = "after";
        list[1] = 2;
        return memory.Span[0];
    }
}
