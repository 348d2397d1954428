using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

public sealed class EventInGrandchildTests : GrandchildContract<ProcessEvent, EventInGrandchildTests.Kind>
{
    public readonly struct Kind : ITouchable<ProcessEvent>
    {
        public static ProcessEvent Create() => new();

        public static Task WhenTouchedAsync(ProcessEvent shared) => shared.WaitAsync().AsTask();

        public static void Touch(ProcessEvent shared) => shared.Set();
    }
}

public sealed class ConditionInGrandchildTests : GrandchildContract<ProcessCondition, ConditionInGrandchildTests.Kind>
{
    public readonly struct Kind : ITouchable<ProcessCondition>
    {
        public static ProcessCondition Create() => new(new ProcessLock());

        public static async Task WhenTouchedAsync(ProcessCondition shared)
        {
            await using (await shared.HoldAsync())
            {
                Assert.True(await shared.WaitAsync());
            }
        }

        public static void Touch(ProcessCondition shared)
        {
            using (shared.Hold())
            {
                shared.Notify();
            }
        }
    }
}

public sealed class BarrierInGrandchildTests : GrandchildContract<ProcessBarrier, BarrierInGrandchildTests.Kind>
{
    public readonly struct Kind : ITouchable<ProcessBarrier>
    {
        public static ProcessBarrier Create() => new(2);

        public static Task WhenTouchedAsync(ProcessBarrier shared) => shared.WaitAsync().AsTask();

        public static void Touch(ProcessBarrier shared) => shared.Wait();
    }
}

public sealed class ValueInGrandchildTests : GrandchildContract<SharedValue<long>, ValueInGrandchildTests.Kind>
{
    public readonly struct Kind : ITouchable<SharedValue<long>>
    {
        public static SharedValue<long> Create() => new(41);

        public static Task WhenTouchedAsync(SharedValue<long> shared) => Polling.UntilAsync(() => shared.Value == 42);

        public static void Touch(SharedValue<long> shared)
        {
            using (shared.Lock.Hold())
            {
                shared.Value++;
            }
        }
    }
}

public sealed class MemoryInGrandchildTests : GrandchildContract<SharedMemory, MemoryInGrandchildTests.Kind>
{
    public readonly struct Kind : ITouchable<SharedMemory>
    {
        public static SharedMemory Create() => SharedMemory.Create(10_000);

        public static Task WhenTouchedAsync(SharedMemory shared) => Polling.UntilAsync(() => shared.Span[9_999] == 7);

        public static void Touch(SharedMemory shared) => shared.Span[9_999] = 7;
    }
}

public sealed class ListInGrandchildTests : GrandchildContract<ShareableList, ListInGrandchildTests.Kind>
{
    public readonly struct Kind : ITouchable<ShareableList>
    {
        public static ShareableList Create() => new([1, "one", null]);

        public static Task WhenTouchedAsync(ShareableList shared) => Polling.UntilAsync(() => Equals(shared[1], "two"));

        public static void Touch(ShareableList shared) => shared[1] = "two";
    }
}

/// <summary>For objects that nobody can wait for.</summary>
internal static class Polling
{
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
