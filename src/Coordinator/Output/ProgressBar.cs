using System.Globalization;
using IpcDemos.Shared.Pools;
using Spectre.Console;

namespace IpcDemos.Coordinator.Output;

/// <summary>A bar on the terminal, with how many are done, how many per second, and how long the rest will take.</summary>
internal sealed class ProgressBar(ProgressTask task) : IProgress<PoolProgress>
{
    private readonly string _title = task.Description;

    public void Report(PoolProgress value)
    {
        string remaining = value.Remaining is { TotalSeconds: var left }
            ? string.Create(CultureInfo.InvariantCulture, $", {left:0.0} s left")
            : "";
        string total = value.Total is { } all ? $" of {all}" : "";
        task.Description = string.Create(
            CultureInfo.InvariantCulture, $"{_title}: {value.Completed}{total}, {value.Rate:0.0} per second{remaining}");
        task.IsIndeterminate = value.Total is null;
        task.MaxValue = value.Total ?? double.MaxValue;
        task.Value = value.Completed;
    }
}
