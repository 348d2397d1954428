using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class ProgramEndTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("idle")]
    [InlineData("busy")]
    [InlineData("submitted")]
    [InlineData("completing")]
    [InlineData("late")]
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

    [Theory(Timeout = 300_000)]
    [InlineData("complete")]
    [InlineData("stop")]
    [InlineData("forget")]
    [InlineData("break")]
    public async Task A_pool_leaves_no_process_no_handle_no_thread_and_no_memory_however_it_ends(string how)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc.");
        await using TestProgram program = TestProgram.Start("CyclePools", how);

        TestProgramResult result = await program.FinishAsync();

        // One pool ended before the first line, ten more before the second; of each, one thing left would be ten.
        result.ThrowUnlessSuccessful();
        int[][] counts = [.. result.Output.Select(line => line.Split(' ').Select(int.Parse).ToArray())];
        Assert.Equal(2, counts.Length);
        Assert.All(counts[0].Zip(counts[1]), pair => Assert.InRange(pair.Second, 0, pair.First + 9));
        Assert.Empty((await program.WaitUntilGoneAsync(TimeSpan.FromSeconds(10))).Select(RunningProcesses.Describe));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_terminals_Ctrl_C_reaches_the_program_and_not_the_pools_workers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc, and needs the setsid command.");

        // As a terminal does: to the whole group that the program leads.
        await using TestProgram program = TestProgram.StartProgram("setsid", TestProgram.BesideTheTests, "InterruptPool");
        Assert.Equal("running", await program.ReadLineAsync());
        UnixSignal.Send(-program.ProcessId, UnixSignal.Interrupt);

        TestProgramResult result = await program.FinishAsync();

        result.ThrowUnlessSuccessful();
        Assert.Equal(["42"], result.Output);
        Assert.Empty(result.Errors);
        Assert.Empty((await program.WaitUntilGoneAsync(TimeSpan.FromSeconds(10))).Select(RunningProcesses.Describe));
    }
}
