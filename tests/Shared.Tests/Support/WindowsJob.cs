using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using IpcDemos.Shared.Platform;
using Microsoft.Win32.SafeHandles;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>A process and all that descend from it, as Windows counts them, also those whose parents are dead.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe partial class WindowsJob : IDisposable
{
    private const int ProcessIdList = 3;
    private const int MostMembers = 1000;

    private readonly SafeWaitHandle _handle = new(CreateJobObject(0, 0), ownsHandle: true);

    public WindowsJob(Process process)
    {
        if (!AssignProcessToJobObject(_handle, process.Handle))
        {
            // So it is when this thread did not run for as long as the process took: then there is nobody in it.
            string refusal = Marshal.GetLastPInvokeErrorMessage();
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(5)), refusal);
        }
    }

    public List<ProcessIdentity> Members()
    {
        nuint[] list = new nuint[1 + MostMembers];
        fixed (nuint* start = list)
        {
            Assert.True(QueryInformationJobObject(_handle, ProcessIdList, start, list.Length * sizeof(nuint), 0), Marshal.GetLastPInvokeErrorMessage());
            int count = ((int*)start)[1];
            return [.. list.Skip(1).Take(count).Select(id => ProcessIdentity.Of((int)id)).OfType<ProcessIdentity>().Where(IsNotOfTheSystem)];
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Wine has each process start the one that serves its console; it ends after the one that it serves.</summary>
    private static bool IsNotOfTheSystem(ProcessIdentity member)
    {
        try
        {
            using var process = Process.GetProcessById(member.ProcessId);
            return process.ProcessName != "conhost";
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return false; // it has ended meanwhile
        }
    }

    [LibraryImport("kernel32", EntryPoint = "CreateJobObjectW")]
    private static partial nint CreateJobObject(nint attributes, nint name);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool AssignProcessToJobObject(SafeWaitHandle job, nint process);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool QueryInformationJobObject(SafeWaitHandle job, int informationClass, void* information, int length, nint returned);
}
