namespace IpcDemos.Shared.Platform;

/// <summary>
/// A child and the processes that it starts, so that they can be killed together: on Unix the process group that it leads, on Windows
/// a job, which also ends them when this process does.
/// </summary>
/// <remarks>A process that wants no part in it can leave: by <c>setsid</c>, or by being created with <c>CREATE_BREAKAWAY_FROM_JOB</c>.</remarks>
internal sealed class ProcessFamily
{
    private readonly int _processId;
    private readonly WindowsJob? _job;
    private bool _isLoose;

    private ProcessFamily(int processId)
    {
        _processId = processId;
        _job = OperatingSystem.IsWindows() ? WindowsJob.TryCreate(processId) : null;
    }

    /// <summary>The family of a child that has been started and has not been told yet what to do.</summary>
    public static ProcessFamily Of(int processId) => new(processId);

    /// <summary>From now on those whom the child starts are on their own.</summary>
    public void Loosen()
    {
        _isLoose = true;
        if (OperatingSystem.IsWindows())
        {
            _job?.LetDescendantsGo();
        }
    }

    /// <summary>Kills the child, and its family unless that is loose. Does nothing if it has ended.</summary>
    public void Kill()
    {
        if (OperatingSystem.IsWindows() && _job?.TryKill() == true)
        {
            return;
        }

        if (!_isLoose)
        {
            ProcessSignals.ForceGroup(_processId);
        }

        ProcessSignals.Force(_processId); // on Unix it may not lead its group yet
    }

    /// <summary>The child has ended by itself: what is left of its family may go on.</summary>
    public void Release()
    {
        if (OperatingSystem.IsWindows())
        {
            _job?.Release();
        }
    }
}
