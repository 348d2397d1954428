using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Bench.Soak;

/// <summary>Events, conditions and barriers whose users are killed or stopped again and again; nobody may be left waiting.</summary>
internal static class EventSoak
{
    private static readonly (string Name, Func<TimeSpan, Task<string>> Run)[] s_rounds =
    [
        ("condition", static duration => ConditionTorment.RunAsync(duration)),
        ("barrier", static duration => BarrierTorment.RunAsync(duration)),
    ];

    /// <summary>Whether everything held.</summary>
    public static Task<bool> RunAsync(TormentSoakOptions options, Action<string> report) => SoakRounds.RunAsync(
        options,
        report,
        OperatingSystem.IsLinux() ? [("event", static duration => EventTorment.RunAsync(duration)), .. s_rounds] : s_rounds);
}
