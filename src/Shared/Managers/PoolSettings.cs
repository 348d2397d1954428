using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>A pool's options on their way to the server that is to host it.</summary>
internal static class PoolSettings
{
    /// <summary>
    /// The call by which the server makes the pool: so the initializer travels as any other lambda. What it hands over is to be
    /// revoked when the server has answered, or cannot.
    /// </summary>
    /// <exception cref="ArgumentException">The options ask for something that only a pool of this process can do.</exception>
    public static CallMessage WriteCall(ProcessPoolOptions options)
    {
        if (options.Diagnostics is not null)
        {
            throw new ArgumentException(
                $"{nameof(ProcessPoolOptions.Diagnostics)} reports to this process, but the pool lives in the manager's server. Leave it unset; "
                + "slow tasks are written to the server's log.",
                nameof(options));
        }

        return CallMessage.Write((Func<ProcessPoolOptions, Action?, ProcessPool>)Open, [options, options.Initializer]);
    }

    /// <summary>Makes the pool of a call that <see cref="WriteCall"/> has written.</summary>
    public static ProcessPool Open(byte[] call)
    {
        var reader = new MessagePackReader(call);
        return (ProcessPool)new CallReader(null).ReadCall(ref reader).Run()!;
    }

    private static ProcessPool Open(ProcessPoolOptions options, Action? initializer) => new(options with { Initializer = initializer });
}
