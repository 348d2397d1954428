using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class ResultTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_result_arrives_as_its_type()
    {
        Assert.Equal("text", await WorkerProcess.Create(() => "text").RunAsync<string>());
        Assert.Null(await WorkerProcess.Create(() => (string?)null).RunAsync<string?>());
        Assert.Equal(new Point(1, 2), await WorkerProcess.Create(() => new Point(1, 2)).RunAsync<Point>());
        Assert.Equal((1, "two"), await WorkerProcess.Create(() => (1, "two")).RunAsync<(int, string)>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_large_result_arrives_whole()
    {
        byte[] result = await WorkerProcess.Create((int length) => Enumerable.Range(0, length).Select(index => (byte)index).ToArray(), 8_000_000)
            .RunAsync<byte[]>();

        Assert.Equal(8_000_000, result.Length);
        Assert.True(result.Index().All(item => item.Item == (byte)item.Index));
    }

    [Fact(Timeout = 60_000)]
    public async Task Mixed_objects_keep_their_types()
    {
        object?[] result = await WorkerProcess.Create(() => new object?[] { 42, null, "hello" }).RunAsync<object?[]>();

        Assert.Equal([42, null, "hello"], result);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_can_be_asked_for_again()
    {
        await using var worker = WorkerProcess.Create(() => 5);
        worker.Start();

        Assert.Equal(5, await worker.ResultAsync<int>());
        Assert.Equal(5, await worker.ResultAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_that_returns_nothing_has_no_result()
    {
        await using var worker = WorkerProcess.Create(() => { });
        worker.Start();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => worker.ResultAsync<int>());
        Assert.Contains("returns nothing", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_arrives_as_data_with_the_remote_stack()
    {
        await using var worker = new WorkerProcess(Outer) { StandardError = WorkerOutput.Discard };
        worker.Start();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => worker.ResultAsync<int>());

        Assert.Equal(worker.Name, error.ProcessName);
        Assert.Equal(worker.ProcessId, error.ProcessId);
        Assert.Equal(typeof(OwnException).FullName, error.Error.TypeName);
        Assert.Equal("outer", error.Error.Message);
        Assert.Contains($"{nameof(ResultTests)}.{nameof(Outer)}", error.Error.StackTrace, StringComparison.Ordinal);
        Assert.Contains("outer", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Inner), error.ToString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Inner_exceptions_arrive_too()
    {
        await using var worker = new WorkerProcess(Outer) { StandardError = WorkerOutput.Discard };
        worker.Start();
        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => worker.ResultAsync<int>());

        RemoteError inner = Assert.Single(error.Error.InnerErrors);
        Assert.Equal(typeof(AggregateException).FullName, inner.TypeName);
        Assert.Equal(["System.FormatException", "System.TimeoutException"], inner.InnerErrors.Select(one => one.TypeName));
        Assert.Contains($"{nameof(ResultTests)}.{nameof(Inner)}", inner.InnerErrors[0].StackTrace, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_of_a_grandchild_arrives_as_it_was_thrown()
    {
        await using var worker = new WorkerProcess(RunGrandchild) { StandardError = WorkerOutput.Discard };
        worker.Start();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => worker.ResultAsync<int>());

        Assert.Equal(typeof(OwnException).FullName, error.Error.TypeName);
        Assert.Contains($"{nameof(ResultTests)}.{nameof(Outer)}", error.Error.StackTrace, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_that_dies_tells_its_last_words()
    {
        await using var worker = new WorkerProcess(ComplainAndExit, 3) { StandardError = WorkerOutput.Discard };
        worker.Start();

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => worker.ResultAsync<int>());

        Assert.Equal(3, error.ExitCode);
        Assert.Equal(worker.Name, error.ProcessName);
        Assert.Equal(worker.ProcessId, error.ProcessId);
        Assert.EndsWith("complaint 999", error.LastErrorLines, StringComparison.Ordinal);
        Assert.StartsWith("complaint ", error.LastErrorLines, StringComparison.Ordinal);
        Assert.Contains("exit code 3", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_worker_has_no_result_and_the_exception_says_so()
    {
        await using var worker = await Waiting.StartAsync();
        Task<int> result = worker.Process.ResultAsync<int>();
        Assert.False(result.IsCompleted);

        worker.Process.Kill();

        WorkerDiedException error = await Assert.ThrowsAsync<WorkerDiedException>(() => result);
        Assert.Equal(-9, error.ExitCode);
        Assert.Contains("SIGKILL", error.Message, StringComparison.Ordinal);
    }

    private static int Outer()
    {
        try
        {
            Inner();
            return 0;
        }
        catch (FormatException error)
        {
            throw new OwnException("outer", new AggregateException(error, new TimeoutException("second")));
        }
    }

    private static void Inner() => throw new FormatException("inner");

    private static async Task<int> RunGrandchild() =>
        await new WorkerProcess(Outer) { StandardError = WorkerOutput.Discard }.RunAsync<int>();

    private static int ComplainAndExit(int code)
    {
        for (int index = 0; index < 1000; index++)
        {
            Console.Error.WriteLine($"complaint {index}");
        }

        Environment.Exit(code);
        return 0;
    }

    public sealed record Point(int X, int Y);

    private sealed class OwnException(string message, Exception inner) : Exception(message, inner);
}
