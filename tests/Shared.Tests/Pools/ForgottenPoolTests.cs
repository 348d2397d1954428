using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>In a program of its own each: what is garbage there is nobody else's.</summary>
public sealed class ForgottenPoolTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("idle")]
    [InlineData("seemly")]
    public async Task A_pool_that_is_forgotten_says_so_once_and_its_workers_end(string kind)
    {
        TestProgramResult result = await TestProgram.RunAsync("ForgetPool", kind);

        result.ThrowUnlessSuccessful();
        Assert.Equal("42", Assert.Single(result.Output, line => !IsSaid(line)));
        Assert.Single(result.Output, IsSaid);
        Assert.Empty(result.Errors);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_forgotten_pool_finishes_the_tasks_that_somebody_awaits_also_those_that_wait()
    {
        TestProgramResult result = await TestProgram.RunAsync("ForgetPool", "busy");

        result.ThrowUnlessSuccessful();
        Assert.Equal(3, result.Output.Length);
        Assert.True(IsSaid(result.Output[0]));
        Assert.Contains("1 workers", result.Output[0], StringComparison.Ordinal);
        Assert.Contains("11 tasks", result.Output[0], StringComparison.Ordinal);
        Assert.Equal(["42", "90"], result.Output[1..]);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_map_keeps_its_pool_until_it_has_all_its_results()
    {
        TestProgramResult result = await TestProgram.RunAsync("ForgetPool", "map");

        result.ThrowUnlessSuccessful();
        Assert.Equal("1225", Assert.Single(result.Output, line => !IsSaid(line)));
        Assert.Single(result.Output, IsSaid);
        Assert.Empty(result.Errors);
    }

    private static bool IsSaid(string line) => line.StartsWith("Warning: a process pool was forgotten: ", StringComparison.Ordinal);
}
