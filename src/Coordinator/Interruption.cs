using System.Runtime.InteropServices;

namespace IpcDemos.Coordinator;

/// <summary>
/// Turns Ctrl+C, and the signals that ask a program to end, into a cancelled token, so that workers are stopped in order.
/// A second one ends the program at once; workers then notice that their coordinator is gone.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _exitCode;

    public Interruption() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Interrupt(context, 130)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Interrupt(context, 143)),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Interrupt(context, 129)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>What the program has to end with; <see langword="null"/> while there was no signal.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is not 0 and int code ? code : null;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Interrupt(PosixSignalContext context, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) == 0)
        {
            context.Cancel = true;
            _source.Cancel();
        }
    }
}
