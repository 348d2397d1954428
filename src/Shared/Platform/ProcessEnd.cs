using System.Globalization;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>Work to be done when this process ends by exiting or by a signal that lets it do something: SIGTERM, SIGINT, SIGHUP.</summary>
internal static unsafe partial class ProcessEnd
{
    private static readonly (PosixSignal Signal, int Number)[] s_signals =
        [(PosixSignal.SIGTERM, 15), (PosixSignal.SIGINT, 2), (PosixSignal.SIGHUP, 1)];

    private static readonly List<PosixSignalRegistration> s_registrations = [];

    /// <summary>Has <paramref name="action"/> run at the end, at most some milliseconds before it.</summary>
    /// <remarks>
    /// Since .NET 10 the runtime leaves these signals to the system, which ends the process without <see cref="AppDomain.ProcessExit"/>.
    /// Handlers run the latest registered first, so one that cancels the signal after this call was made is heeded here: the process goes
    /// on. One that was registered before cannot be seen in time; then the action comes early.
    /// </remarks>
    public static void Register(Action action)
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => action();
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        ulong ignored = IgnoredSignals();
        foreach ((PosixSignal signal, int number) in s_signals)
        {
            // A signal that this process was started to ignore (nohup, a job in the background) does not end it.
            if ((ignored & (1UL << (number - 1))) == 0)
            {
                s_registrations.Add(PosixSignalRegistration.Create(signal, context =>
                {
                    if (!context.Cancel)
                    {
                        action();
                    }
                }));
            }
        }
    }

    private static ulong IgnoredSignals()
    {
        const string Line = "SigIgn:";
        if (OperatingSystem.IsMacOS())
        {
            return s_signals.Aggregate(0UL, static (mask, signal) => IsIgnoredOnMac(signal.Number) ? mask | (1UL << (signal.Number - 1)) : mask);
        }

        return OperatingSystem.IsLinux()
            && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal)) is { } mask
            ? ulong.Parse(mask.AsSpan(Line.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : 0;
    }

    private static bool IsIgnoredOnMac(int signal)
    {
        const nint ignore = 1; // SIG_IGN
        SignalAction action;
        return GetAction(signal, null, &action) == 0 && action.Handler == ignore;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int GetAction(int signal, void* replacement, SignalAction* current);

    /// <summary>struct sigaction of macOS.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalAction
    {
        public nint Handler;
        public uint Mask;
        public int Flags;
    }
}
