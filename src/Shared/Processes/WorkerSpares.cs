using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Processes;

/// <summary>Processes that have been started ahead and wait for a call, whichever that will be.</summary>
internal static class WorkerSpares
{
    /// <summary>What the process table calls them.</summary>
    public const string Name = "(spare)";

    // A new spare takes a processor for some time, which the one who took the last spare may want for himself.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private static readonly Lock s_lock = new();
    private static readonly List<Spare> s_spares = [];
    private static int s_count;
    private static bool s_endsWithProcess;

    /// <inheritdoc cref="WorkerProcess.KeepSparesAsync"/>
    public static Task KeepAsync(int count)
    {
        Task[] changes;
        lock (s_lock)
        {
            s_count = count;
            if (count > 0 && !s_endsWithProcess)
            {
                s_endsWithProcess = true;
                AppDomain.CurrentDomain.ProcessExit += static (_, _) => KeepAsync(0).Wait(WorkerProcess.Grace);
            }

            Spare[] kept = [.. s_spares.Where(static spare => !spare.HasEnded).Take(count)];
            Spare[] useless = [.. s_spares.Except(kept)];
            s_spares.Clear();
            s_spares.AddRange(kept);
            while (s_spares.Count < count)
            {
                s_spares.Add(new Spare());
            }

            changes = [.. s_spares.Select(static spare => spare.Ready), .. useless.Select(static spare => spare.EndAsync())];
        }

        return Task.WhenAll(changes);
    }

    /// <summary>One that is ready, in the folder that this process works in; null if there is none.</summary>
    public static WorkerLaunch? TryTake()
    {
        lock (s_lock)
        {
            int index = s_spares.FindIndex(static spare => spare.IsUsable);
            if (index < 0)
            {
                return null;
            }

            Spare taken = s_spares[index];
            s_spares.RemoveAt(index);
            _ = ReplaceAsync();
            return taken.Launch;
        }
    }

    private static async Task ReplaceAsync()
    {
        await Task.Delay(s_pause).ConfigureAwait(false);
        await KeepAsync(Volatile.Read(ref s_count)).ConfigureAwait(false);
    }

    private sealed class Spare
    {
        private readonly string _folder = Environment.CurrentDirectory;

        public Spare() => Ready = Launch.ConnectAsync();

        public WorkerLaunch Launch { get; } = WorkerLaunch.Start(Name, changes: true, "");

        /// <summary>Completes when it waits for its call, or has ended instead.</summary>
        public Task<Stream?> Ready { get; }

        public bool HasEnded => ProcessIdentity.Of(Launch.Command.ProcessId) is null;

        public bool IsUsable => Ready.IsCompletedSuccessfully && !HasEnded && _folder == Environment.CurrentDirectory;

        /// <summary>It ends when its line does.</summary>
        public async Task EndAsync()
        {
            Launch.Streams.Adopt(null);
            if (await Launch.ConnectAsync().ConfigureAwait(false) is { } line)
            {
                await line.DisposeAsync().ConfigureAwait(false);
            }

            Launch.Streams.ProcessHasEnded();
            _ = await Launch.Command.Task.ConfigureAwait(false);
            Launch.Family.Release();
        }
    }
}
