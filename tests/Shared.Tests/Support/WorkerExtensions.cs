using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Support;

internal static class WorkerExtensions
{
    /// <summary>Starts the worker and gives its call's result.</summary>
    public static async Task<TResult> RunAsync<TResult>(this WorkerProcess worker)
    {
        await using (worker)
        {
            worker.Start();
            return await worker.ResultAsync<TResult>();
        }
    }

    /// <summary>Starts the worker and gives its exit code.</summary>
    public static async Task<int?> RunAsync(this WorkerProcess worker)
    {
        await using (worker)
        {
            worker.Start();
            await worker.JoinAsync();
            return worker.ExitCode;
        }
    }
}
