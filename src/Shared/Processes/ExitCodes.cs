namespace IpcDemos.Shared.Processes;

/// <summary>Exit codes as Python's <c>multiprocessing</c> tells them: −N for a process that signal N ended.</summary>
internal static class ExitCodes
{
    public const int UnhandledException = 1;

    /// <summary>What a worker ends with whose coordinator is gone; nobody is left to read it.</summary>
    public const int Orphaned = 3;

    private static readonly Dictionary<int, string> s_signals = new()
    {
        [1] = "SIGHUP",
        [2] = "SIGINT",
        [3] = "SIGQUIT",
        [4] = "SIGILL",
        [6] = "SIGABRT",
        [7] = "SIGBUS",
        [8] = "SIGFPE",
        [9] = "SIGKILL",
        [11] = "SIGSEGV",
        [13] = "SIGPIPE",
        [14] = "SIGALRM",
        [15] = "SIGTERM",
    };

    private const int MaximumSignal = 64;

    private static readonly Dictionary<int, string> s_crashes = new()
    {
        [unchecked((int)0xC0000005)] = "access violation",
        [unchecked((int)0xC000001D)] = "illegal instruction",
        [unchecked((int)0xC00000FD)] = "stack overflow",
        [unchecked((int)0xC000013A)] = "interrupted by Ctrl+C",
        [unchecked((int)0xC0000374)] = "heap corruption",
        [unchecked((int)0xC0000409)] = "abort",
        [unchecked((int)0xC0000602)] = "fail fast",
        [unchecked((int)0xE0434352)] = "unhandled .NET exception",
    };

    /// <summary>For people: <c>killed by signal 9 (SIGKILL; out of memory?)</c>, <c>exit code 3</c>.</summary>
    public static string InWords(int exitCode)
    {
        if (exitCode >= 0)
        {
            return $"exit code {exitCode}";
        }

        if (exitCode < -MaximumSignal)
        {
            // Windows ends a process that crashes with the number of the exception.
            return $"exit code 0x{exitCode:X8}{(s_crashes.TryGetValue(exitCode, out string? crash) ? $" ({crash})" : "")}";
        }

        string name = s_signals.TryGetValue(-exitCode, out string? known) ? known : "unknown";
        string hint = exitCode switch
        {
            -9 => "; if nobody killed it, the system may have run out of memory",
            -6 => "; the runtime aborts like this after a stack overflow or a failed allocation",
            _ => "",
        };
        return $"killed by signal {-exitCode} ({name}{hint})";
    }
}
