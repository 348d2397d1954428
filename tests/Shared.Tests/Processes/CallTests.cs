using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Processes;

public sealed class CallTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_static_method_runs_in_another_process()
    {
        int processId = await WorkerProcess.Create(OwnProcessId).RunAsync<int>();

        Assert.NotEqual(Environment.ProcessId, processId);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_local_function_runs()
    {
        static int Twice(int number) => number * 2;

        Assert.Equal(42, await WorkerProcess.Create(Twice, 21).RunAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lambda_runs() => Assert.Equal("abc", await WorkerProcess.Create((string left, string right) => left + right, "a", "bc").RunAsync<string>());

    [Fact(Timeout = 60_000)]
    public async Task A_private_method_runs() => Assert.Equal(5, await WorkerProcess.Create(Length, "hello").RunAsync<int>());

    [Fact(Timeout = 60_000)]
    public async Task A_generic_method_runs_with_the_type_arguments_of_the_caller() =>
        Assert.Equal("Int32,List`1", await WorkerProcess.Create(NamesOf<int, List<string>>).RunAsync<string>());

    [Fact(Timeout = 60_000)]
    public async Task A_method_of_a_generic_type_runs() =>
        Assert.Equal(["x", "x", "x"], await WorkerProcess.Create(Repeater<string>.Repeat, "x", 3).RunAsync<string[]>());

    [Fact(Timeout = 60_000)]
    public async Task A_generic_method_of_a_generic_type_runs() =>
        Assert.Equal("Guid/Uri", await WorkerProcess.Create(Repeater<Guid>.NamesWith<Uri>).RunAsync<string>());

    [Fact(Timeout = 60_000)]
    public async Task A_lambda_inside_a_generic_method_runs() => Assert.Equal(7L, await Sum(3L, 4L).RunAsync<long>());

    [Fact(Timeout = 60_000)]
    public async Task Overloads_are_told_apart()
    {
        Assert.Equal("int", await WorkerProcess.Create((Func<int, string>)Overloaded, 1).RunAsync<string>());
        Assert.Equal("string", await WorkerProcess.Create((Func<string, string>)Overloaded, "1").RunAsync<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_object_that_an_instance_method_belongs_to_travels_by_value()
    {
        var counter = new Counter { Count = 10 };

        Assert.Equal(15, await WorkerProcess.Create(counter.Add, 5).RunAsync<int>());
        Assert.Equal(10, counter.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_extension_method_runs_on_its_first_argument() =>
        Assert.Equal("hello, hello", await WorkerProcess.Create("hello".Doubled, ", ").RunAsync<string>());

    [Fact(Timeout = 60_000)]
    public async Task An_asynchronous_call_is_awaited()
    {
        Assert.Equal(3, await WorkerProcess.Create(async () => await Later(3)).RunAsync<int>());
        Assert.Equal(4, await WorkerProcess.Create(async ValueTask<int> (int number) => await Later(number), 4).RunAsync<int>());
        Assert.Equal(0, await WorkerProcess.Create(async () => { await Task.Yield(); }).RunAsync());
        Assert.Equal(0, await WorkerProcess.Create(async ValueTask () => { await Task.Yield(); }).RunAsync());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exception_after_an_await_is_the_call_s()
    {
        await using var worker = WorkerProcess.Create(async Task<int> () =>
        {
            await Task.Yield();
            throw new NotSupportedException("late");
        });
        worker.Start();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => worker.ResultAsync<int>());
        Assert.Equal("late", error.Error.Message);
    }

    [Fact(Timeout = 120_000)]
    public async Task Zero_to_eight_arguments_arrive_in_order_and_with_their_types()
    {
        Assert.Equal("", await WorkerProcess.Create(() => "").RunAsync<string>());
        Assert.Equal("1", await WorkerProcess.Create((int a) => $"{a}", 1).RunAsync<string>());
        Assert.Equal("1b", await WorkerProcess.Create((int a, char b) => $"{a}{b}", 1, 'b').RunAsync<string>());
        Assert.Equal("1b3", await WorkerProcess.Create((int a, char b, long c) => $"{a}{b}{c}", 1, 'b', 3L).RunAsync<string>());
        Assert.Equal("1b34", await WorkerProcess.Create((int a, char b, long c, byte d) => $"{a}{b}{c}{d}", 1, 'b', 3L, (byte)4).RunAsync<string>());
        Assert.Equal("1b34e", await WorkerProcess.Create(
            (int a, char b, long c, byte d, string e) => $"{a}{b}{c}{d}{e}", 1, 'b', 3L, (byte)4, "e").RunAsync<string>());
        Assert.Equal("1b34eTrue", await WorkerProcess.Create(
            (int a, char b, long c, byte d, string e, bool f) => $"{a}{b}{c}{d}{e}{f}", 1, 'b', 3L, (byte)4, "e", true).RunAsync<string>());
        Assert.Equal("1b34eTrue7", await WorkerProcess.Create(
            (int a, char b, long c, byte d, string e, bool f, int? g) => $"{a}{b}{c}{d}{e}{f}{g}", 1, 'b', 3L, (byte)4, "e", true, (int?)7).RunAsync<string>());
        Assert.Equal("1b34eTrue7Friday", await WorkerProcess.Create(
            (int a, char b, long c, byte d, string e, bool f, int? g, DayOfWeek h) => $"{a}{b}{c}{d}{e}{f}{g}{h}",
            1, 'b', 3L, (byte)4, "e", true, (int?)7, DayOfWeek.Friday).RunAsync<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Arguments_that_are_left_out_get_their_default_values()
    {
        await using var all = new WorkerProcess(Greet);
        await using var one = new WorkerProcess(Greet, "Hi");
        await using var two = new WorkerProcess(Greet, "Hi", 2);
        all.Start();
        one.Start();
        two.Start();

        Assert.Equal("Hello 1 Sunday", await all.ResultAsync<string>());
        Assert.Equal("Hi 1 Sunday", await one.ResultAsync<string>());
        Assert.Equal("Hi 2 Sunday", await two.ResultAsync<string>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Null_is_an_argument_where_the_type_has_it()
    {
        Assert.True(await WorkerProcess.Create((string? text) => text is null, (string?)null).RunAsync<bool>());
        Assert.True(await WorkerProcess.Create((int? number) => number is null, (int?)null).RunAsync<bool>());
        Assert.True(await WorkerProcess.Create((Action? action) => action is null, (Action?)null).RunAsync<bool>());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_delegate_is_an_argument_like_any_other()
    {
        int captured = 3;

        Assert.Equal(15, await WorkerProcess.Create((Func<int, int> function, int number) => function(number), number => number * captured, 5).RunAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Arguments_are_copied_when_the_process_is_started()
    {
        var list = new List<int> { 1, 2 };
        await using var worker = WorkerProcess.Create((List<int> numbers) => numbers.Count, list);
        list.Add(3);
        worker.Start();
        list.Add(4);

        Assert.Equal(3, await worker.ResultAsync<int>());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_types_of_a_package_of_the_caller_are_found_in_the_worker()
    {
        Assert.Equal("CollectionPerAssembly", await WorkerProcess.Create((CollectionBehavior value) => value.ToString(), CollectionBehavior.CollectionPerAssembly).RunAsync<string>());
        Assert.Equal("FsCheck", await WorkerProcess.Create(AssemblyOf<FsCheck.Config>).RunAsync<string>());
        Assert.Equal(20, await WorkerProcess.Create(() => FsCheck.Fluent.Gen.Sample(FsCheck.Fluent.Gen.Choose(1, 6), 20).Length).RunAsync<int>());
    }

    private static int OwnProcessId() => Environment.ProcessId;

    private static int Length(string text) => text.Length;

    private static string NamesOf<TFirst, TSecond>() => $"{typeof(TFirst).Name},{typeof(TSecond).Name}";

    private static string AssemblyOf<T>() => typeof(T).Assembly.GetName().Name!;

    private static WorkerProcess Sum<T>(T left, T right)
        where T : System.Numerics.INumber<T> => WorkerProcess.Create(() => left + right);

    private static string Overloaded(int number) => "int";

    private static string Overloaded(string text) => "string";

    private static string Greet(string greeting = "Hello", int times = 1, DayOfWeek day = DayOfWeek.Sunday, CancellationToken stop = default) =>
        stop.CanBeCanceled ? $"{greeting} {times} {day}" : "no token";

    private static async Task<int> Later(int number)
    {
        await Task.Yield();
        return number;
    }

    public sealed class Counter
    {
        public int Count { get; set; }

        public int Add(int number) => Count += number;
    }

    private static class Repeater<T>
    {
        public static T[] Repeat(T value, int times) => [.. Enumerable.Repeat(value, times)];

        public static string NamesWith<TOther>() => $"{typeof(T).Name}/{typeof(TOther).Name}";
    }
}
