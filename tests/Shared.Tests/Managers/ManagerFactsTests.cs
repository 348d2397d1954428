using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>What CPython's own tests state of its managers' types, each used by a child that was handed the proxy.</summary>
public sealed class ManagerFactsTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public async Task An_event_that_its_creator_sets_is_seen_set_and_cleared_by_a_child()
    {
        using SharedEvent gate = Manager.CreateEvent(isSet: true);
        Assert.True(await WorkerProcess.Create(
            static (SharedEvent gate) =>
            {
                bool wasSet = gate.IsSet && gate.Wait();
                gate.Reset();
                return wasSet;
            },
            gate).RunAsync<bool>());
        Assert.False(gate.IsSet);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lock_belongs_to_the_process_that_took_it_and_passes_on_when_that_ends()
    {
        // In Python the creator may release it. Here a lock has an owner: that is how it can be given back when the owner is killed.
        using SharedLock mutex = Manager.CreateLock();
        using SharedEvent taken = Manager.CreateEvent();
        using SharedEvent finish = Manager.CreateEvent();
        using WorkerProcess child = WorkerProcess.Create(
            static (SharedLock mutex, SharedEvent taken, SharedEvent finish) =>
            {
                _ = mutex.Acquire();
                taken.Set();
                _ = finish.Wait();
            },
            mutex,
            taken,
            finish);
        child.Start();
        Assert.True(taken.Wait());
        Assert.True(mutex.IsHeld);
        Assert.Throws<SynchronizationLockException>(mutex.Release);
        finish.Set();
        Assert.Equal(child.ProcessId, mutex.Acquire().Abandonment!.ProcessId);
        mutex.Release();
        Assert.Throws<SynchronizationLockException>(mutex.Release);
        await child.JoinAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_takes_and_releases_a_recursive_lock_and_a_condition()
    {
        using SharedRecursiveLock mutex = Manager.CreateRecursiveLock();
        using SharedCondition condition = Manager.CreateCondition();
        Assert.Equal((true, false), await WorkerProcess.Create(
            static (SharedRecursiveLock mutex, SharedCondition condition) =>
            {
                bool acquired = mutex.Acquire().IsAcquired && mutex.Acquire().IsAcquired && condition.Acquire().IsAcquired;
                condition.NotifyAll();
                condition.Release();
                mutex.Release();
                mutex.Release();
                return (acquired, mutex.IsHeld);
            },
            mutex,
            condition).RunAsync<(bool, bool)>());
        Assert.Null(mutex.Acquire().Abandonment);
        mutex.Release();
        Assert.Null(condition.Acquire().Abandonment);
        condition.Release();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(int.MaxValue)]
    [InlineData(2)]
    public async Task What_a_child_acquired_of_a_semaphore_its_creator_may_release_and_it_counts_once(int maximum)
    {
        using SharedSemaphore semaphore = Manager.CreateSemaphore(2, maximum);
        using SharedEvent taken = Manager.CreateEvent();
        using SharedEvent finish = Manager.CreateEvent();
        using (WorkerProcess child = WorkerProcess.Create(
            static (SharedSemaphore semaphore, SharedEvent taken, SharedEvent finish) =>
            {
                _ = semaphore.Acquire();
                _ = semaphore.Acquire();
                taken.Set();
                _ = finish.Wait();
            },
            semaphore,
            taken,
            finish))
        {
            child.Start();
            Assert.True(taken.Wait());
            Assert.Equal(0, semaphore.CurrentCount);
            semaphore.Release();
            Assert.Equal(1, semaphore.CurrentCount);
            finish.Set();
            await child.JoinAsync(TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => Manager.Inspect().Clients.Count == 1);

        // The one that was released for it is not given back for it once more.
        Assert.Equal(2, semaphore.CurrentCount);
        if (maximum == 2)
        {
            Assert.Throws<SemaphoreFullException>(() => semaphore.Release());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_sees_the_parties_of_a_barrier_and_resets_it()
    {
        using SharedBarrier barrier = Manager.CreateBarrier(5);
        barrier.Abort();
        Assert.Equal((5, true, false), await WorkerProcess.Create(
            static (SharedBarrier barrier) =>
            {
                bool wasBroken = barrier.IsBroken;
                barrier.Reset();
                return (barrier.ParticipantCount, wasBroken, barrier.IsBroken);
            },
            barrier).RunAsync<(int, bool, bool)>());
        Assert.False(barrier.IsBroken);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bounded_queue_is_full_for_a_child_which_drains_and_joins_it()
    {
        using SharedQueue<int> queue = Manager.CreateQueue<int>(2);
        Assert.Equal(2, queue.PutMany([1, 2]));
        Assert.Equal((false, 1, 2, false), await WorkerProcess.Create(
            static (SharedQueue<int> queue) =>
            {
                bool fits = queue.TryPut(3);
                int first = queue.Get();
                int second = queue.Get();
                queue.TaskDone();
                queue.TaskDone();
                return (fits, first, second, queue.TryGet(out _));
            },
            queue).RunAsync<(bool, int, int, bool)>());
        Assert.Equal(0, queue.Count);
        Assert.True(queue.Join(TimeSpan.Zero));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_counts_sorts_reverses_iterates_and_pops_a_list()
    {
        using SharedList<int> list = Manager.CreateList([3, 1, 2, 1]);
        (int Ones, int[] Seen, int Last) seen = await WorkerProcess.Create(
            static (SharedList<int> list) =>
            {
                int ones = list.CountOf(1);
                list.Sort();
                list.Reverse();
                int[] elements = [.. list];
                int last = list.Pop();
                while (list.Count > 0)
                {
                    _ = list.Pop();
                }

                return (ones, elements, last);
            },
            list).RunAsync<(int, int[], int)>();
        Assert.Equal((2, 1), (seen.Ones, seen.Last));
        Assert.Equal([3, 2, 1, 1], seen.Seen);
        Assert.Empty(list);
    }

    [Fact(Timeout = 60_000)]
    public void A_list_is_made_from_another_and_from_parts_of_it()
    {
        using SharedList<int> first = Manager.CreateList([1, 2, 3]);
        using SharedList<int> second = Manager.CreateList(first);
        second.AddRange(first);
        second.AddRange(Enumerable.Repeat(0, 2));
        second.Transform(static values => [.. values.Take(1), 7, 8, .. values.Skip(3)]); // Python's second[1:3] = [7, 8]
        second.RemoveRange(0, 1);
        Assert.Equal([7, 8, 1, 2, 3, 0, 0], second);
        Assert.Equal([1, 2, 3], first);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_reads_all_views_of_a_dictionary_and_pops()
    {
        using SharedDictionary<string, int> dictionary = Manager.CreateDictionary(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 });
        (string[] Keys, int Sum, int Pairs, bool HasA, bool Popped, int A) seen = await WorkerProcess.Create(
            static (SharedDictionary<string, int> dictionary) =>
            {
                string[] keys = [.. dictionary.Keys.Order()];
                int sum = dictionary.Values.Sum();
                int pairs = dictionary.Count(pair => pair.Value == dictionary[pair.Key]);
                bool popped = dictionary.TryRemove("a", out int a);
                _ = dictionary.PopAny();
                return (keys, sum, pairs, dictionary.ContainsKey("a"), popped, a);
            },
            dictionary).RunAsync<(string[], int, int, bool, bool, int)>();
        Assert.Equal(["a", "b"], seen.Keys);
        Assert.Equal((3, 2, false, true, 1), (seen.Sum, seen.Pairs, seen.HasA, seen.Popped, seen.A));
        Assert.Empty(dictionary);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_sets_a_value_and_reads_an_array_and_a_namespace()
    {
        using SharedVariable<int> value = Manager.CreateVariable(42);
        using SharedVector<int> array = Manager.CreateVector([1, 2, 3]);
        using SharedNamespace names = Manager.CreateNamespace(new Dictionary<string, object?> { ["x"] = 1, ["y"] = "text" });
        (int Value, int Length, int Second, int Sum, int X, string Y) seen = await WorkerProcess.Create(
            static (SharedVariable<int> value, SharedVector<int> array, SharedNamespace names) =>
            {
                int before = value.Value;
                value.Value = 43;
                return (before, array.Length, array[1], array.Sum(), names.Get<int>("x"), names.Get<string>("y"));
            },
            value,
            array,
            names).RunAsync<(int, int, int, int, int, string)>();
        Assert.Equal((42, 3, 2, 6, 1, "text"), seen);
        Assert.Equal(43, value.Value);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_child_puts_into_a_queue_that_it_found_in_a_dictionary()
    {
        using SharedDictionary<string, SharedQueue<int>> queues = Manager.CreateDictionary<string, SharedQueue<int>>();
        using (SharedQueue<int> queue = Manager.CreateQueue<int>())
        {
            queues["jobs"] = queue;
        }

        Assert.Equal(0, await WorkerProcess.Create(
            static (SharedDictionary<string, SharedQueue<int>> queues) =>
            {
                using SharedQueue<int> jobs = queues["jobs"];
                jobs.Put(7);
            },
            queues).RunAsync());
        using SharedQueue<int> found = queues["jobs"];
        Assert.Equal(7, found.Get());
    }

    [Fact(Timeout = 60_000)]
    public void The_server_is_deaf_to_the_interruption_of_its_program()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals to send to a process without a console.");
        using Manager manager = Manager.Start();
        using SharedList<int> list = manager.CreateList([1]);
        UnixSignal.Send(manager.Worker!.ProcessId!.Value, UnixSignal.Interrupt);
        UnixSignal.Send(manager.Worker.ProcessId.Value, UnixSignal.Interrupt);
        list.Add(2);
        Assert.Equal([1, 2], list);
        using Manager other = Manager.Start(); // a round trip through the system later, too
        Assert.Equal(2, list.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_server_goes_with_its_program_however_that_is_killed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc.");
        await using TestProgram program = TestProgram.Start("HoldManager");
        string address = await program.ReadLineAsync();
        Assert.NotEmpty(program.Tree());
        program.Signal(UnixSignal.Kill);
        Assert.Empty((await program.WaitUntilGoneAsync(TimeSpan.FromSeconds(10))).Select(RunningProcesses.Describe));
        Assert.DoesNotContain(await ManagerRegistry.ListAsync(cancellationToken: TestContext.Current.CancellationToken), manager => manager.Address == address);
    }
}
