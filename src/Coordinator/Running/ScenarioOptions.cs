namespace IpcDemos.Coordinator.Running;

/// <summary>What the command line says about how scenarios run.</summary>
internal sealed record ScenarioOptions
{
    /// <summary>How many seconds one second of the course takes.</summary>
    public required double TimeScale { get; init; }

    /// <summary>How many worker processes to use where a scenario has the choice; <see langword="null"/> leaves it to the scenario.</summary>
    public int? Workers { get; init; }

    /// <summary>Where requests over HTTP go; <see langword="null"/> for a server of the scenario's own.</summary>
    public Uri? BaseUrl { get; init; }

    /// <summary>The directory for files that a scenario makes; <see langword="null"/> keeps none.</summary>
    public string? OutputDirectory { get; init; }
}
