using System.Text.Json;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A number and an array that two processes have in their memory at the same time.</summary>
internal sealed class ValueArrayScenario : IScenario
{
    public string Name => "value-array";

    public string Summary => "a worker sets a shared double and negates a shared array in place";

    public async Task RunAsync(ScenarioContext context)
    {
        using var number = new SharedValue<double>();
        using var array = new SharedArray<int>(Enumerable.Range(0, 10));
        WorkerProcess worker = context.CreateWorker(SetAndNegate, number, array);
        worker.Start();
        await context.JoinAsync(worker);
        context.Print($"{number}");
        context.Print(JsonSerializer.Serialize(array));

        context.CheckLines(context.Lines, "3.1415927", "[0,-1,-2,-3,-4,-5,-6,-7,-8,-9]");
    }

    private static void SetAndNegate(SharedValue<double> number, SharedArray<int> array)
    {
        number.Value = 3.1415927;
        foreach (ref int element in array.Span)
        {
            element = -element;
        }
    }
}
