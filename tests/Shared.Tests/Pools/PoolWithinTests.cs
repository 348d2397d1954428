using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Pools;

// Tasks that use a pool themselves.
public sealed class PoolWithinTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_task_may_have_a_pool_of_its_own()
    {
        await using var pool = new ProcessPool(1);

        int[] results = await pool.Submit(PoolTasks.Within, new[] { 1, 2, 3 });

        Assert.Equal([2, 4, 6], results);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_cannot_be_an_argument_of_a_task_nor_be_captured_by_one()
    {
        await using var pool = new ProcessPool(1);

        AssertRefused(() => { _ = pool.Submit(UseAny, pool); });
        AssertRefused(() => { _ = pool.Submit(Use, pool); });
        AssertRefused(() => { _ = SubmitToItself(pool); });
        AssertRefused(() => { _ = SubmitToItselfLater(pool); });
        AssertRefused(() => { _ = SubmitToItselfWithin(pool); });
        AssertRefused(() => { _ = SubmitToItselfThroughVariable(pool); });
        AssertRefused(() => { _ = SubmitToItselfThroughFunction(pool); });
        Assert.Equal(42, await pool.Submit(PoolTasks.Double, 21));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pool_that_only_another_lambda_of_the_scope_uses_does_not_come_along()
    {
        int factor = 3;
        await using var pool = new ProcessPool(new ProcessPoolOptions
        {
            WorkerCount = 1,
            Initializer = () => Environment.SetEnvironmentVariable("FACTOR", $"{factor}"),
        });

        int[] results = await Task.WhenAll(Enumerable.Range(0, 3).Select(number => pool.Submit(() => number * factor)));
        int[] later = await Task.WhenAll(Enumerable.Range(0, 3).Select(number => pool.Submit(async () =>
        {
            await Task.Yield();
            return number * factor;
        })));

        Assert.Equal([0, 3, 6], results);
        Assert.Equal(results, later);
        Assert.Equal("3", await pool.Submit(static () => Environment.GetEnvironmentVariable("FACTOR")));
    }

    private static void AssertRefused(Action submit)
    {
        MessageSerializationException error = Assert.Throws<MessageSerializationException>(submit);
        Assert.Contains("ProcessPool belongs to the process that made it; make a pool in the task", error.Message, StringComparison.Ordinal);
    }

    private static Task<int> SubmitToItself(ProcessPool pool) => pool.Submit(() => pool.Invoke(PoolTasks.Double, 21));

    private static Task<int> SubmitToItselfLater(ProcessPool pool) => pool.Submit(async () => await pool.Submit(PoolTasks.Double, 21));

    private static Task<int[]> SubmitToItselfWithin(ProcessPool pool) =>
        pool.Submit(() => Enumerable.Range(0, 3).Select(number => pool.Invoke(PoolTasks.Double, number)).ToArray());

    private static Task<int> SubmitToItselfThroughVariable(ProcessPool pool)
    {
        Func<int> call = () => pool.Invoke(PoolTasks.Double, 21);
        return pool.Submit(() => call());
    }

    private static Task<int> SubmitToItselfThroughFunction(ProcessPool pool)
    {
        return pool.Submit(() => Call(21));

        int Call(int number) => pool.Invoke(PoolTasks.Double, number);
    }

    private static int Use(ProcessPool pool) => pool.Invoke(PoolTasks.Double, 21);

    private static int UseAny(IProcessPool pool) => pool.Invoke(PoolTasks.Double, 21);
}
