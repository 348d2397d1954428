namespace IpcDemos.Shared.Tests.Processes;

/// <summary>What calls are bound to in the tests.</summary>
internal static class CallTargets
{
    public static string Doubled(this string text, string separator) => text + separator + text;
}
