using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Tells at once when another process has ended, without polling: the kernel wakes one thread that serves all watches
/// (Linux: pidfd; Windows: the thread pool's waits; macOS: kqueue). A process is watched from the first interest in it
/// until its end, so that further watches on it cost no system call.
/// </summary>
/// <remarks>Safe from any thread.</remarks>
internal sealed partial class ProcessWatch
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<ProcessIdentity, ProcessWatch> s_watches = [];

    private readonly List<Action> _subscribers = [];
    private volatile bool _hasEnded;

    private ProcessWatch(ProcessIdentity process)
    {
        Process = process;
    }

    /// <summary>The process that is watched.</summary>
    public ProcessIdentity Process { get; }

    /// <summary>Whether the process has ended. Costs nothing.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>
    /// How the process ended, as its exit code, or the negative number of the signal that killed it;
    /// <see langword="null"/> if it runs, or if the system does not tell a process that is not its parent.
    /// </summary>
    public int? ExitCode { get; private set; }

    /// <summary>The watch on a process; one that has already ended has <see cref="HasEnded"/> set.</summary>
    /// <exception cref="IOException">The system has no room for another watch, as with too many open files.</exception>
    public static ProcessWatch On(ProcessIdentity process)
    {
        lock (s_gate)
        {
            if (s_watches.TryGetValue(process, out ProcessWatch? watch))
            {
                return watch;
            }

            watch = new ProcessWatch(process);
            if (!watch.Start())
            {
                watch._hasEnded = true;
                return watch;
            }

            s_watches.Add(process, watch);
            return watch;
        }
    }

    /// <summary>
    /// Has <paramref name="onEnd"/> called once when the process has ended, from the thread that serves all watches: it
    /// must be quick and must not throw. If the process has already ended, it is called before this returns.
    /// </summary>
    public void Subscribe(Action onEnd)
    {
        lock (s_gate)
        {
            if (!_hasEnded)
            {
                _subscribers.Add(onEnd);
                return;
            }
        }

        onEnd();
    }

    /// <summary>Takes back a <see cref="Subscribe"/>; a call that has begun may still be under way afterwards.</summary>
    public void Unsubscribe(Action onEnd)
    {
        lock (s_gate)
        {
            _ = _subscribers.Remove(onEnd);
        }
    }

    private bool Start() =>
        OperatingSystem.IsLinux() ? LinuxWatcher.Start(this)
        : OperatingSystem.IsWindows() ? StartWindows()
        : OperatingSystem.IsMacOS() ? MacWatcher.Start(this)
        : throw new PlatformNotSupportedException($"Processes cannot be watched on {RuntimeInformation.OSDescription}.");

    private void End(int? exitCode)
    {
        Action[] subscribers;
        lock (s_gate)
        {
            ExitCode = exitCode;
            _hasEnded = true;
            _ = s_watches.Remove(Process);
            subscribers = [.. _subscribers];
            _subscribers.Clear();
        }

        foreach (Action subscriber in subscribers)
        {
            subscriber();
        }
    }
}
