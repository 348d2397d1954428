using Microsoft.Extensions.Logging;

namespace IpcDemos.Shared.Diagnostics;

/// <summary>A minimum level that can be changed while loggers use it.</summary>
internal sealed class LogLevelSwitch
{
    private volatile int _minimum = (int)LogLevel.Warning;

    public LogLevel Minimum
    {
        get => (LogLevel)_minimum;
        set => _minimum = (int)value;
    }

    public bool Allows(LogLevel level) => level >= Minimum && level != LogLevel.None;
}
