using Microsoft.Extensions.Logging;

namespace IpcDemos.Shared.Diagnostics;

/// <summary>Writes each record as one line, <c>[LEVEL/ProcessName] message</c>, in one write, so that lines stay whole.</summary>
internal sealed class StandardErrorLoggerProvider(LogLevelSwitch level) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => level.Allows(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string error = exception is null ? "" : $"{Environment.NewLine}{exception}";
            Console.Error.Write($"[{NameOf(logLevel)}/{ProcessLog.ProcessName}] {formatter(state, exception)}{error}{Environment.NewLine}");
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
        // Standard error is the process's, not the provider's.
    }

    // Python's names; its extra levels have none and show as numbers.
    private static string NameOf(LogLevel logLevel) => logLevel switch
    {
        LogLevel.Trace => "Level 5",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        _ => "CRITICAL",
    };
}
