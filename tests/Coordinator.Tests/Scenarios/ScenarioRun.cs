namespace IpcDemos.Coordinator.Tests.Scenarios;

/// <summary>One run of one scenario.</summary>
internal static class ScenarioRun
{
    /// <summary>Runs it and asserts that its own checks held.</summary>
    public static async Task<ProgramResult> RunAsync(string scenario, params string[] options)
    {
        ProgramResult result = await CoordinatorProgram.RunAsync(["--json", "--scenario", scenario, .. options]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    /// <summary>The texts it printed.</summary>
    public static async Task<IReadOnlyList<string>> LinesAsync(string scenario, params string[] options) =>
        (await RunAsync(scenario, options)).Texts();
}
