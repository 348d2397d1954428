using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Platform;

public sealed partial class ProcessIdentityTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_process_whose_first_thread_has_ended_lives_while_another_does()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a process has no first thread that counts for more than others.");
        using var isZombie = new ProcessEvent();
        using var mutex = new ProcessLock();
        using var worker = WorkerProcess.Create(EndFirstThread, mutex, isZombie);
        worker.Start();
        Assert.True(await isZombie.WaitAsync());
        ProcessIdentity identity = Assert.NotNull(ProcessIdentity.Of(worker.ProcessId!.Value));
        Assert.True(identity.IsAlive);
        Assert.False(ProcessWatch.On(identity).HasEnded);
        Assert.False(mutex.Acquire(TimeSpan.Zero));
        worker.Kill();
        Assert.True((await mutex.AcquireAsync()).IsAbandoned);
        Assert.False(identity.IsAlive);
    }

    private static void EndFirstThread(ProcessLock mutex, ProcessEvent isZombie)
    {
        _ = mutex.Acquire();
        new Thread(() =>
        {
            while (!File.ReadAllText($"/proc/{Environment.ProcessId}/stat").Contains(") Z ", StringComparison.Ordinal))
            {
                Thread.Yield();
            }

            isZombie.Set();
            _ = new ManualResetEvent(false).WaitOne();
        }).Start();
        _ = SystemCall(RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? 60 : 93, 0);
    }

    /// <summary>The kernel's own exit: that of a thread, where the C library's is that of the process.</summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint argument);
}
