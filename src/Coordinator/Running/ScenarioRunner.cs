using System.Diagnostics;
using IpcDemos.Coordinator.Output;
using IpcDemos.Coordinator.Scenarios;

namespace IpcDemos.Coordinator.Running;

/// <summary>Runs scenarios one after the other and reports what they print and how they end.</summary>
internal sealed class ScenarioRunner(IScenarioOutput output, ScenarioOptions options, CancellationToken cancellationToken)
{
    /// <summary>Runs the scenarios in the order given, until the end or an interruption.</summary>
    /// <returns>Whether every check of every one held.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<IScenario> scenarios)
    {
        var results = new List<ScenarioResult>();
        foreach (IScenario scenario in scenarios)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            results.Add(await RunAsync(scenario));
        }

        output.Finish(results);
        return results.Count == scenarios.Count && results.TrueForAll(result => result.Ok);
    }

    private async Task<ScenarioResult> RunAsync(IScenario scenario)
    {
        output.Start(scenario);
        long started = Stopwatch.GetTimestamp();
        var context = new ScenarioContext(scenario.Name, output, options, cancellationToken);
        try
        {
            await scenario.RunAsync(context);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            context.Check(false, "It was interrupted.");
        }
        catch (Exception exception)
        {
            context.Check(false, $"It threw {exception.GetType().Name}: {exception.Message}");
        }

        IReadOnlyList<WorkerExit> workers = await context.FinishAsync();
        var result = new ScenarioResult(scenario.Name, context.Failures, Stopwatch.GetElapsedTime(started), workers);
        output.End(result);
        return result;
    }
}
