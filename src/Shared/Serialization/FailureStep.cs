namespace IpcDemos.Shared.Serialization;

/// <summary>One station on the way from the fault outwards; which properties are set depends on who noted it.</summary>
internal readonly struct FailureStep
{
    public object? Value { get; init; }

    public string? Segment { get; init; }

    public long Offset { get; init; }

    public Type? Type { get; init; }
}
