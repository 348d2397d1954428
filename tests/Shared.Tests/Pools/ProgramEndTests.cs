using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class ProgramEndTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("idle")]
    [InlineData("busy")]
    public async Task A_program_that_leaves_its_pool_as_it_is_ends_well_and_its_workers_with_it(string worker)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc.");
        await using TestProgram program = TestProgram.Start("LeavePool", worker);

        TestProgramResult result = await program.FinishAsync();

        result.ThrowUnlessSuccessful();
        Assert.Equal(["42"], result.Output);
        Assert.Empty(result.Errors);
        Assert.Empty((await program.WaitUntilGoneAsync(TimeSpan.FromSeconds(10))).Select(RunningProcesses.Describe));
    }
}
