using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// A job object that the system ends, with all processes in it, when its only handle is closed: also when the process that holds
/// the handle is killed. Jobs nest, so that the workers of a worker are in its job and in their own.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class WindowsJob
{
    private const int ExtendedLimitInformation = 9;
    private const uint BreakAwayOk = 0x800;
    private const uint SilentBreakAwayOk = 0x1000;
    private const uint KillOnClose = 0x2000;
    private const uint SetQuotaAndTerminate = 0x101;

    private readonly SafeWaitHandle _handle;
    private readonly Lock _lock = new();

    private WindowsJob(SafeWaitHandle handle)
    {
        _handle = handle;
    }

    /// <summary>A job with that process in it; null if it has ended, or may not be in one.</summary>
    public static WindowsJob? TryCreate(int processId)
    {
        var job = new WindowsJob(new SafeWaitHandle(CreateJobObject(0, 0), ownsHandle: true));
        using var process = new SafeWaitHandle(OpenProcess(SetQuotaAndTerminate, inherit: 0, processId), ownsHandle: true);
        if (!process.IsInvalid && !job._handle.IsInvalid && AssignProcessToJobObject(job._handle, process) && job.Limit(KillOnClose | BreakAwayOk))
        {
            return job;
        }

        job._handle.Dispose();
        return null;
    }

    /// <summary>Processes that are started in it from now on are not in it.</summary>
    public void LetDescendantsGo() => _ = Limit(KillOnClose | SilentBreakAwayOk);

    /// <summary>Kills all processes in it; false if it has been released.</summary>
    public bool TryKill()
    {
        lock (_lock)
        {
            // -1 is what the framework's own kill gives as the exit code.
            return !_handle.IsClosed && TerminateJobObject(_handle, uint.MaxValue);
        }
    }

    /// <summary>Gives it up without ending the processes in it.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (!_handle.IsClosed && Limit(0))
            {
                _handle.Dispose();
            }
        }
    }

    private bool Limit(uint flags)
    {
        var limits = new Limits { Flags = flags };
        return SetInformationJobObject(_handle, ExtendedLimitInformation, in limits, sizeof(Limits));
    }

    [LibraryImport("kernel32", EntryPoint = "CreateJobObjectW")]
    private static partial nint CreateJobObject(nint attributes, nint name);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetInformationJobObject(SafeWaitHandle job, int informationClass, in Limits limits, int length);

    [LibraryImport("kernel32")]
    private static partial nint OpenProcess(uint access, int inherit, int processId);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool AssignProcessToJobObject(SafeWaitHandle job, SafeWaitHandle process);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool TerminateJobObject(SafeWaitHandle job, uint exitCode);

    /// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct Limits
    {
        [FieldOffset(16)]
        public uint Flags;
    }
}
