using System.Collections.Immutable;
using System.Globalization;
using IpcDemos.Coordinator.Running;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Two threads of one process that print the time at different paces.</summary>
internal sealed class ThreadsScenario : IScenario
{
    private const int Repetitions = 5;

    private ImmutableList<DateTime> _times = [];

    public string Name => "threads";

    public string Summary => "two threads print the time five times each, one twice as fast as the other";

    public Task RunAsync(ScenarioContext context)
    {
        _times = [];
        Thread[] threads =
        [
            new(() => PrintTimes(context, "Thread-1", delay: 2)),
            new(() => PrintTimes(context, "Thread-2", delay: 4)),
        ];
        DateTime before = DateTime.Now;
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        context.CancellationToken.ThrowIfCancellationRequested();

        context.CheckLinesInAnyOrder(
            context.Lines.Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]),
            [.. Enumerable.Repeat("Thread-1", Repetitions), .. Enumerable.Repeat("Thread-2", Repetitions)]);
        context.Check(_times.TrueForAll(time => time >= before && time <= DateTime.Now), "A thread printed a time that it did not live in.");
        return Task.CompletedTask;
    }

    private void PrintTimes(ScenarioContext context, string name, double delay)
    {
        for (int repetition = 0; repetition < Repetitions && context.Pause(delay); repetition++)
        {
            DateTime now = DateTime.Now;
            ImmutableInterlocked.Update(ref _times, (times, added) => times.Add(added), now);
            context.Print(string.Create(CultureInfo.InvariantCulture, $"{name}: {now:ddd MMM} {now.Day,2} {now:HH:mm:ss yyyy}"));
        }
    }
}
