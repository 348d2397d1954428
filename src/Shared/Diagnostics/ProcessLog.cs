using Microsoft.Extensions.Logging;

namespace IpcDemos.Shared.Diagnostics;

/// <summary>
/// The library's own log: the starts and ends of processes, as Python's <c>multiprocessing.get_logger</c> shows them. Off until
/// asked for; workers log as their creator does at the moment it starts them. Thread-safe.
/// </summary>
public static class ProcessLog
{
    private const string Category = "IpcDemos";
    private static readonly Lock s_lock = new();
    private static readonly LogLevelSwitch s_level = new();
    private static LoggerFactory? s_factory;
    private static ILogger? s_logger;
    private static int s_saidOfItsEnd;

    /// <summary>What is logged at least. <see cref="LogLevel.Warning"/> unless set, as in Python.</summary>
    public static LogLevel Level
    {
        get => s_level.Minimum;
        set => s_level.Minimum = value;
    }

    /// <summary>Whether <see cref="LogToStandardError"/> has been called.</summary>
    public static bool LogsToStandardError { get; private set; }

    internal static string ProcessName { get; set; } = "MainProcess";

    internal static bool IsOn => s_logger is not null;

    /// <summary>The library's logger; it writes nowhere until <see cref="LogTo"/> or <see cref="LogToStandardError"/> is called.</summary>
    public static ILogger GetLogger()
    {
        lock (s_lock)
        {
            s_factory ??= new LoggerFactory([], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
            return s_logger ??= s_factory.CreateLogger(Category);
        }
    }

    /// <summary>Sends the log to a provider of the program's own. It is not passed on to workers, whose programs they are not.</summary>
    /// <param name="provider">The provider; it is told everything and filters for itself.</param>
    /// <returns>The logger.</returns>
    public static ILogger LogTo(ILoggerProvider provider)
    {
        ILogger logger = GetLogger();
        s_factory!.AddProvider(provider);
        return logger;
    }

    /// <summary>
    /// Writes the log to standard error, each line as <c>[INFO/Process-1] message</c>, here and in every worker started from
    /// now on. Calling it again only changes the level.
    /// </summary>
    /// <param name="level">What to write at least; <see langword="null"/> leaves it as it is.</param>
    /// <returns>The logger.</returns>
    public static ILogger LogToStandardError(LogLevel? level = null)
    {
        ILogger logger = GetLogger();
        lock (s_lock)
        {
            Level = level ?? Level;
            if (!LogsToStandardError)
            {
                LogsToStandardError = true;
                s_factory!.AddProvider(new StandardErrorLoggerProvider(s_level));
            }
        }

        return logger;
    }

    internal static void CallingRun() => Write(LogLevel.Information, "child process calling self.run()");

    internal static void Exiting(int exitCode) => Write(LogLevel.Information, $"process exiting with exitcode {exitCode}");

    internal static void TerminatingDaemon(string name) => Write(LogLevel.Information, $"calling terminate() for daemon {name}");

    internal static void JoiningChild(string name) => Write(LogLevel.Information, $"calling join() for process {name}");

    /// <summary>A pool's task takes long.</summary>
    internal static void TakesLong(object diagnosis) => Write(LogLevel.Warning, $"{diagnosis}");

    /// <summary>A pool was collected that nobody had completed or disposed of.</summary>
    internal static void PoolForgotten(int workers, int tasks) => Write(
        LogLevel.Warning,
        $"a process pool was forgotten: it was neither completed nor disposed of, and nobody refers to it any more. It had {workers} workers, "
            + $"which end once its {tasks} tasks have");

    /// <summary>What the program wanted to be told with has thrown, where nobody is to catch it.</summary>
    internal static void ListenerFailed(Exception error) => Write(LogLevel.Error, $"a listener of the program has thrown: {error}");

    /// <summary>Said once: this process ends. What it does about its children follows.</summary>
    internal static void ShuttingDown()
    {
        if (Interlocked.CompareExchange(ref s_saidOfItsEnd, 1, 0) == 0)
        {
            Write(LogLevel.Information, "process shutting down");
            Write(LogLevel.Debug, "running all \"atexit\" finalizers with priority >= 0");
        }
    }

    /// <summary>Said once: the children have been seen to.</summary>
    internal static void ShutDown()
    {
        if (Interlocked.CompareExchange(ref s_saidOfItsEnd, 2, 1) == 1)
        {
            Write(LogLevel.Debug, "running the remaining \"atexit\" finalizers");
        }
    }

    private static void Write(LogLevel level, string message)
    {
        if (s_logger is { } logger && s_level.Allows(level))
        {
            try
            {
                logger.Log(level, "{Message}", message);
            }
            catch (Exception)
            {
                // A provider of the program's own has thrown. What this was said about goes on; there is nobody else to tell.
            }
        }
    }
}
