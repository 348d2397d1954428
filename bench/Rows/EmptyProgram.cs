using System.Diagnostics;

namespace IpcDemos.Bench.Rows;

/// <summary>This program started so that it does nothing but end: what any .NET program costs to start.</summary>
internal static class EmptyProgram
{
    /// <summary>The one argument that makes it end at once.</summary>
    public const string Argument = "end-at-once";

    public static void Run()
    {
        using Process process = Process.Start(Environment.ProcessPath!, [Argument]);
        process.WaitForExit();
    }
}
