using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Processes that die while an end of a pipe moves from one to the other.</summary>
public sealed class PipeMoveCrashTests
{
    [Fact(Timeout = 60_000)]
    public async Task The_end_of_the_stream_comes_when_the_sender_of_an_end_is_killed_before_its_message_is_on_its_way()
    {
        RequireCrashPoints();
        (Connection here, Connection there) = Pipe.Create(duplex: false);
        (Connection ways, Connection workers) = Pipe.Create();
        using var worker = WorkerProcess.Create(SendAwayAndDie, there, workers);
        worker.Start();
        _ = await Assert.ThrowsAsync<ConnectionClosedException>(() => here.ReceiveAsync<int>().AsTask());
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        _ = await Assert.ThrowsAnyAsync<ConnectionClosedException>(() => ways.ReceiveAsync<Connection>().AsTask());
        here.Dispose();
        ways.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_end_is_still_its_senders_to_give_when_a_receiver_is_killed_before_it_has_taken_it_over()
    {
        RequireCrashPoints();
        (Connection here, Connection there) = Pipe.Create(duplex: false);
        string message = Memory.Wire.Send(there);
        Task<int> waiting = here.ReceiveAsync<int>().AsTask();
        using var worker = WorkerProcess.Create(ReceiveAndDie, message);
        worker.Start();
        await worker.JoinAsync();
        Assert.Equal(KilledExit.Code, worker.ExitCode);
        Assert.False(waiting.IsCompleted);
        using (Connection taken = Memory.Wire.Receive<Connection>(message))
        {
            taken.Send(5);
            Assert.Equal(5, await waiting);
        }

        _ = Assert.Throws<ConnectionClosedException>(() => here.Receive<int>());
        here.Dispose();
    }

    private static void RequireCrashPoints() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "A Release build has no crash points.");

    private static void SendAwayAndDie(Connection there, Connection ways)
    {
        CrashPoint.Arm("pipe.move.moving");
        ways.Send(there);
    }

    private static void ReceiveAndDie(string message)
    {
        CrashPoint.Arm("pipe.move.announced");
        _ = Memory.Wire.Receive<Connection>(message);
    }
}
