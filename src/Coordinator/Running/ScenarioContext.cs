using System.Collections.Immutable;
using IpcDemos.Coordinator.Output;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Coordinator.Running;

/// <summary>What a scenario has to work with: its pace, its printing, its checks. Every member is safe to call from any thread.</summary>
internal sealed partial class ScenarioContext(
    string scenario, IScenarioOutput output, ScenarioOptions options, CancellationToken cancellationToken)
{
    private const string MainProcess = "MainProcess";

    private ImmutableList<ScenarioLine> _lines = [];
    private ImmutableList<string> _failures = [];

    /// <summary>What the command line says.</summary>
    public ScenarioOptions Options => options;

    /// <summary>Cancelled by Ctrl+C; the scenario then ends with <see cref="OperationCanceledException"/> or by returning.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>What did not hold so far.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>All lines that were printed so far, in the order they arrived.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Select(line => line.Text)];

    /// <summary>The lines that this process printed so far.</summary>
    public IReadOnlyList<string> OwnLines => [.. _lines.Where(line => line.ProcessId == Environment.ProcessId).Select(line => line.Text)];

    /// <summary>So many seconds of the course, at the pace asked for.</summary>
    public TimeSpan D(double courseSeconds = 1) => TimeSpan.FromSeconds(courseSeconds * options.TimeScale);

    /// <summary>Blocks the calling thread for so many seconds of the course.</summary>
    /// <returns><see langword="false"/> if the pause was cut short because the run was interrupted.</returns>
    public bool Pause(double courseSeconds) => !cancellationToken.WaitHandle.WaitOne(D(courseSeconds));

    /// <summary>Prints a line of this process.</summary>
    public void Print(string text) => Print(new ScenarioLine(MainProcess, Environment.ProcessId, text));

    /// <summary>Makes what this process writes to its standard error lines of the scenario, until the result is disposed.</summary>
    public IDisposable CaptureStandardError() => new StandardErrorCapture(new LineWriter(Print));

    /// <summary>Shows numbers to people; they are no line of the scenario.</summary>
    public void Chart(string title, IReadOnlyList<(string Label, double Value)> bars) => output.Chart(title, bars);

    /// <summary>Shows people, on a terminal, how far some work is; it is no line of the scenario.</summary>
    /// <param name="title">What the work is.</param>
    /// <param name="work">Does it, and reports to what it is given.</param>
    public Task ShowProgressAsync(string title, Func<IProgress<PoolProgress>, Task> work) => output.ShowProgressAsync(title, work);

    /// <summary>Notes what did not hold.</summary>
    /// <param name="holds">Whether the check holds.</param>
    /// <param name="otherwise">What to tell the reader if not, as a sentence.</param>
    public void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            ImmutableInterlocked.Update(ref _failures, (failures, added) => failures.Add(added), otherwise);
        }
    }

    /// <summary>Checks that lines came as they should: all of them, in this order.</summary>
    public void CheckLines(IEnumerable<string> actual, params IEnumerable<string> expected) =>
        Check(actual.SequenceEqual(expected), $"The lines should be {Quote(expected)}, in this order; they were {Quote(actual)}.");

    /// <summary>Checks that lines came as they should: all of them, in any order.</summary>
    public void CheckLinesInAnyOrder(IEnumerable<string> actual, params IEnumerable<string> expected) =>
        Check(
            actual.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal)),
            $"The lines should be {Quote(expected)}, in any order; they were {Quote(actual)}.");

    private static string Quote(IEnumerable<string> lines) => string.Join(" ", lines.Select(line => $"'{line}'"));

    private void Print(ScenarioLine line)
    {
        ImmutableInterlocked.Update(ref _lines, (lines, added) => lines.Add(added), line);
        try
        {
            output.Line(scenario, line);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Lines come from threads on which an exception would end the program, and leave others waiting.
            Check(false, $"The line '{line.Text}' could not be written: {exception.Message}");
        }
    }

    private sealed class StandardErrorCapture : IDisposable
    {
        private readonly TextWriter _before = Console.Error;

        public StandardErrorCapture(TextWriter writer) => Console.SetError(writer);

        public void Dispose() => Console.SetError(_before);
    }
}
