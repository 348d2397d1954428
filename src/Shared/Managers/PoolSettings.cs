using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A pool's options on their way to the server that is to host it.</summary>
[MessagePackObject]
internal sealed record PoolSettings(
    [property: Key(0)] int WorkerCount,
    [property: Key(1)] int StartAttempts,
    [property: Key(2)] int? TasksPerWorker,
    [property: Key(3)] long? MaximumMemory,
    [property: Key(4)] TimeSpan? IdleTimeout,
    [property: Key(5)] int Retries,
    [property: Key(6)] TimeSpan? TaskTimeout,
    [property: Key(7)] TimeSpan CancellationGrace,
    [property: Key(8)] TimeSpan? ReportAfter)
{
    /// <summary>The call by which the server makes the pool: so the initializer travels as any other lambda.</summary>
    /// <exception cref="ArgumentException">The options ask for something that only a pool of this process can do.</exception>
    public static byte[] WriteCall(ProcessPoolOptions options)
    {
        if (options.Diagnostics is not null)
        {
            throw new ArgumentException(
                $"{nameof(ProcessPoolOptions.Diagnostics)} reports to this process, but the pool lives in the manager's server. Leave it unset; "
                + "slow tasks are written to the server's log.",
                nameof(options));
        }

        var settings = new PoolSettings(
            options.WorkerCount,
            options.StartAttempts,
            options.TasksPerWorker,
            options.MaximumMemory,
            options.IdleTimeout,
            options.Retries,
            options.TaskTimeout,
            options.CancellationGrace,
            options.ReportAfter);
        return CallMessage.Write((Func<PoolSettings, Action?, ProcessPool>)Open, [settings, options.Initializer]).Bytes;
    }

    /// <summary>Makes the pool of a call that <see cref="WriteCall"/> has written.</summary>
    public static ProcessPool Open(byte[] call)
    {
        var reader = new MessagePackReader(call);
        return (ProcessPool)new CallReader(null).ReadCall(ref reader).Run()!;
    }

    private static ProcessPool Open(PoolSettings settings, Action? initializer) => new(new ProcessPoolOptions
    {
        WorkerCount = settings.WorkerCount,
        Initializer = initializer,
        StartAttempts = settings.StartAttempts,
        TasksPerWorker = settings.TasksPerWorker,
        MaximumMemory = settings.MaximumMemory,
        IdleTimeout = settings.IdleTimeout,
        Retries = settings.Retries,
        TaskTimeout = settings.TaskTimeout,
        CancellationGrace = settings.CancellationGrace,
        ReportAfter = settings.ReportAfter,
    });
}
