namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class SynchronizationScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task Every_story_is_told_to_its_end()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("synchronization");

        string[] expected =
        [
            .. Of(4, "car {0} parks", "car {0} leaves"),
            .. Of(3, "runner {0} is ready", "runner {0} runs"),
            "go!",
            .. Of(3, "loaf {0} is baked", "customer {0} has bread"),
            .. Of(3, "hiker {0} is at the hut", "hiker {0} leaves the hut, where 3 have met"),
            .. Of(3, "hiker {0} is at the summit", "hiker {0} leaves the summit, where 3 have met"),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), texts.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_stories_have_titles_for_people()
    {
        ProgramResult result = await CoordinatorProgram.RunAsync("--scenario", "synchronization");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All(
            ["semaphore", "event", "condition", "barrier"],
            way => Assert.Contains(result.Output, line => line.StartsWith($"synchronization with a{(way[0] == 'e' ? "n" : "")} {way}: ", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Of(int count, params string[] formats) =>
        from number in Enumerable.Range(1, count)
        from format in formats
        select format.Replace("{0}", $"{number}", StringComparison.Ordinal);
}
