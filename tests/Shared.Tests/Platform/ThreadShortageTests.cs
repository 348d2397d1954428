using System.Diagnostics;
using System.IO.Pipes;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Platform;

/// <summary>The system gives no thread to the first wait of a kind, on whose thread all later ones depend.</summary>
public sealed class ThreadShortageTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("multiplexer.thread")]
    [InlineData("poller.thread")]
    [InlineData("watch.thread")]
    public async Task A_wait_for_which_the_system_gives_no_thread_fails_and_the_next_one_completes(string place)
    {
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There the thread pool waits for everything.");
        Assert.SkipUnless(place != "multiplexer.thread" || Parker.CanParkOnAny, "Only this kernel's words are waited on together.");
        await using var worker = WorkerProcess.Create(WaitTwice, place);
        worker.Start();
        await worker.JoinAsync();
        Assert.True(worker.ExitCode == 0, $"{worker.Error}");
    }

    private static async Task WaitTwice(string place)
    {
        Func<Task> wait = place switch
        {
            "multiplexer.thread" => WaitForWordAsync,
            "poller.thread" => WaitForDescriptorAsync,
            _ => WaitForProcessAsync,
        };
        CrashPoint.Arm(place, static () => GC.KeepAlive(new byte[int.MaxValue]));
        await Assert.ThrowsAsync<OutOfMemoryException>(wait);
        await wait().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task WaitForWordAsync()
    {
        using var gate = new ProcessEvent();
        Task wait = gate.WaitAsync().AsTask();
        gate.Set();
        await wait;
    }

    private static async Task WaitForDescriptorAsync()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        await (OperatingSystem.IsWindows()
            ? Task.CompletedTask
            : DescriptorPoller.WaitAsync(pipe.SafePipeHandle, DescriptorPoller.Writable, CancellationToken.None));
    }

    private static async Task WaitForProcessAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using Process process = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true, UseShellExecute = false })!;
        using (process.StandardInput)
        {
            ProcessWatch.On(ProcessIdentity.Of(process.Id)!.Value).Subscribe(ended.SetResult);
        }

        await ended.Task;
    }
}
