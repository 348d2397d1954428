namespace IpcDemos.Coordinator;

/// <summary>What the program ends with. After a signal it is 128 and the signal's number, as shells have it: 130 for Ctrl+C.</summary>
internal static class ExitCodes
{
    /// <summary>All checks held.</summary>
    public const int Success = 0;

    /// <summary>At least one check failed.</summary>
    public const int CheckFailed = 1;

    /// <summary>The command line was not understood; nothing was run.</summary>
    public const int WrongUsage = 2;
}
