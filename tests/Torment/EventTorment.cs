using System.Globalization;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// An event that one tormented process sets again and again and others pass and reset, and a party that is spared and must never be
/// left asleep before it. On Linux only: elsewhere a setter that is killed may leave waiters asleep.
/// </summary>
internal static class EventTorment
{
    private const int Workers = 3;
    private const int FewestPasses = 10;

    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(60);

    /// <param name="duration">How long it lasts; a few seconds if not given.</param>
    /// <returns>What came of it, in one sentence.</returns>
    public static async Task<string> RunAsync(TimeSpan? duration = null)
    {
        using var set = new ProcessEvent();
        using var stop = new CancellationTokenSource();
        long passed = 0;

        // The setter waits for somebody to reset what it set. If that one died before it did, the one that is spared must get through
        // and do it; were it left asleep, the event would stay set, and the account of the times it passed would stand still. Nobody
        // has a time-out: after it, too, one looks again, and would not have been left asleep.
        Task spared = Task.Factory.StartNew(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                _ = set.Wait();
                set.Reset();
                Volatile.Write(ref passed, passed + 1);
            }
        }, TaskCreationOptions.LongRunning);
        var torment = new Torment(
            Workers, index => index == 0 ? WorkerProcess.Create(SetAgainAndAgain, set) : WorkerProcess.Create(PassAndResetAsync, set), duration);
        await torment.RunBesideAsync(spared, () => Volatile.Read(ref passed));
        await Torment.UntilAsync(() => Volatile.Read(ref passed) >= FewestPasses);
        await torment.KillAllAsync();
        await stop.CancelAsync();
        set.Set();
        await spared.WaitAsync(s_tooLong);
        return string.Create(CultureInfo.InvariantCulture, $"the one that was spared passed {passed} times, {torment.AllKills} killed");
    }

    private static void SetAgainAndAgain(ProcessEvent set)
    {
        while (true)
        {
            set.Set();
            SpinWait.SpinUntil(() => !set.IsSet);
        }
    }

    private static async Task PassAndResetAsync(ProcessEvent set)
    {
        bool isAsync = Random.Shared.Next(2) == 0;
        while (true)
        {
            _ = isAsync ? await set.WaitAsync() : set.Wait();
            set.Reset();
        }
    }
}
