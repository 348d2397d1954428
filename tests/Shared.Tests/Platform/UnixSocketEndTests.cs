using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Platform;

public sealed class UnixSocketEndTests
{
    [Fact(Timeout = 60_000)]
    public async Task An_end_is_closed_without_an_error_while_another_thread_closes_both()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has pipes.");
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");
        using WorkerProcess worker = WorkerProcess.Create(CloseTwice);
        worker.Start();
        Assert.Equal(-1, await worker.ResultAsync<int>(TestContext.Current.CancellationToken));
    }

    /// <summary>Closes an end while it is being closed, and tells what the other side then reads.</summary>
    private static int CloseTwice()
    {
        using PrivateListener listener = PrivateListener.Create();
        using Stream client = PrivateListener.Connect(listener.Address);
        (PipeEnd input, PipeEnd output) = PipeEnd.FromDuplex(listener.AcceptAsync(CancellationToken.None).GetAwaiter().GetResult());
        CrashPoint.Arm("socket.shutdown", () =>
        {
            input.Dispose();
            output.Dispose(); // the descriptor goes with the second of the two
        });
        input.Dispose();
        return client.ReadByte();
    }
}
