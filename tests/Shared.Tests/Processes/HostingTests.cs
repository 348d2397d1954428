using IpcDemos.Shared.Tests.Support;
using IpcDemos.TestWorker.Commands;

namespace IpcDemos.Shared.Tests.Processes;

/// <summary>The same checks for every way to host workers.</summary>
public sealed class HostingTests(SingleFileProgram singleFile) : IClassFixture<SingleFileProgram>
{
    public static TheoryData<string> Checks => [.. HostingContract.Checks];

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Checks))]
    public async Task The_worker_executable_beside_the_program(string check) =>
        (await TestProgram.RunAsync("HostingContract", check)).ThrowUnlessSuccessful();

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Checks))]
    public async Task A_program_that_is_its_own_worker(string check) =>
        (await TestProgram.RunAsync("--self-hosted", "HostingContract", check)).ThrowUnlessSuccessful();

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Checks))]
    public async Task A_program_started_by_the_dotnet_command_that_is_its_own_worker(string check)
    {
        await using TestProgram program = TestProgram.StartProgram(
            TestProgram.DotnetOrSkip(), "exec", Path.ChangeExtension(TestProgram.BesideTheTests, ".dll"), "--self-hosted", "HostingContract", check);
        (await program.FinishAsync()).ThrowUnlessSuccessful();
    }

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Checks))]
    public async Task A_single_file_program_that_is_its_own_worker(string check)
    {
        await using TestProgram program = TestProgram.StartProgram(await singleFile.PathAsync(), "--self-hosted", "HostingContract", check);
        (await program.FinishAsync()).ThrowUnlessSuccessful();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_executable_started_by_hand_says_what_it_is_for()
    {
        await using TestProgram program = TestProgram.StartProgram(
            TestProgram.DotnetOrSkip(), "exec", Path.Combine(AppContext.BaseDirectory, "Worker.dll"), "--help");
        TestProgramResult result = await program.FinishAsync();

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("coordinator", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_whose_coordinator_is_gone_ends_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The address is Linux's.");
        await using TestProgram program = TestProgram.StartProgram(
            TestProgram.DotnetOrSkip(), "exec", Path.Combine(AppContext.BaseDirectory, "Worker.dll"), "--ipcdemos-worker", "@ipcdemos-nobody", "Process-1", "Call");
        TestProgramResult result = await program.FinishAsync();

        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Output);
    }
}
