using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class CapturedVariableTests
{
    private readonly int _field = 17;

    [Fact(Timeout = 60_000)]
    public async Task Captured_variables_travel_by_value()
    {
        int number = 5;
        string text = "hello";
        var list = new List<int> { 1, 2, 3 };

        int result = await WorkerProcess.Create(() =>
        {
            list.Add(4);
            return number++ + text.Length + list.Count;
        }).RunAsync<int>();

        Assert.Equal(14, result);
        Assert.Equal(5, number);
        Assert.Equal(3, list.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task They_have_the_values_of_the_moment_of_the_start()
    {
        int number = 1;
        await using var worker = WorkerProcess.Create(() => number);
        number = 2;
        worker.Start();
        number = 3;

        Assert.Equal(2, await worker.ResultAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Lambdas_that_share_a_variable_share_it_in_the_worker_too()
    {
        int counter = 0;
        Action increment = () => counter++;
        Func<int> read = () => counter;

        int result = await WorkerProcess.Create(() =>
        {
            increment();
            increment();
            return read() + counter;
        }).RunAsync<int>();

        Assert.Equal(4, result);
        Assert.Equal(0, counter);
    }

    [Fact(Timeout = 60_000)]
    public async Task Lambdas_passed_as_arguments_share_their_variables_with_the_call()
    {
        int counter = 0;
        Action increment = () => counter++;

        int result = await WorkerProcess.Create(
            (Action first, Action second) =>
            {
                first();
                second();
                return counter;
            },
            increment,
            increment).RunAsync<int>();

        Assert.Equal(2, result);
    }

    [Fact(Timeout = 60_000)]
    public async Task Variables_of_nested_scopes_travel()
    {
        int outer = 1;
        var workers = new List<WorkerProcess>();
        for (int index = 0; index < 3; index++)
        {
            int inner = index * 10;
            workers.Add(WorkerProcess.Create(() => outer + inner));
        }

        workers.ForEach(worker => worker.Start());
        var results = new List<int>();
        foreach (WorkerProcess worker in workers)
        {
            results.Add(await worker.ResultAsync<int>());
            await worker.DisposeAsync();
        }

        Assert.Equal([1, 11, 21], results);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lambda_that_calls_itself_does_so_in_the_worker()
    {
        Func<int, int> factorial = null!;
        factorial = number => number <= 1 ? 1 : number * factorial(number - 1);

        Assert.Equal(120, await WorkerProcess.Create(factorial, 5).RunAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_captured_delegate_of_a_captured_delegate_runs()
    {
        int number = 2;
        Func<int> inner = () => number;
        Func<int> middle = () => inner() * 10;

        Assert.Equal(21, await WorkerProcess.Create(() => middle() + 1).RunAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_local_function_over_variables_runs()
    {
        int number = 3;
        int Times(int factor) => number * factor;

        Assert.Equal(12, await WorkerProcess.Create(Times, 4).RunAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_asynchronous_lambda_keeps_its_variables_over_an_await()
    {
        string text = "kept";

        string result = await WorkerProcess.Create(async () =>
        {
            await Task.Yield();
            return text + "!";
        }).RunAsync<string>();

        Assert.Equal("kept!", result);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_captured_variable_that_cannot_travel_is_named_on_the_callers_thread()
    {
        using var stream = new MemoryStream();
        await using var worker = WorkerProcess.Create(() => stream.Length);

        MessageSerializationException error = Assert.Throws<MessageSerializationException>(worker.Start);

        Assert.Contains("captured variable 'stream'", error.Message, StringComparison.Ordinal);
        Assert.Contains("MemoryStream", error.Message, StringComparison.Ordinal);
        Assert.False(worker.IsAlive);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_object_whose_member_a_lambda_uses_is_named_when_it_cannot_travel()
    {
        var owner = new Owner();
        await using WorkerProcess worker = owner.Describe();

        MessageSerializationException error = Assert.Throws<MessageSerializationException>(worker.Start);

        Assert.Contains(nameof(Owner), error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lambda_over_a_copied_field_does_not_take_the_object_along()
    {
        int field = _field;

        Assert.Equal(17, await WorkerProcess.Create(() => field).RunAsync<int>());
    }

    public sealed class Owner
    {
        public Stream Unsendable { get; set; } = Stream.Null;

        public WorkerProcess Describe() => WorkerProcess.Create(() => Unsendable.CanRead);
    }
}
