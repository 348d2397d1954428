using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Processes;

/// <summary>What is refused, is refused where the mistake was made, with words that help.</summary>
public sealed class RefusalTests
{
    private delegate void ByReference(ref int number);

    private delegate int OverSpan(ReadOnlySpan<byte> bytes);

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_wrong_number_of_arguments_is_refused_by_the_constructor(int count)
    {
        var error = Assert.Throws<ArgumentException>(() => new WorkerProcess(Repeat, new object[count]));

        Assert.Equal(
            $"RefusalTests.Repeat takes 1 to 2 argument(s) (String text, Int32 times), but {count} were given. (Parameter 'arguments')",
            error.Message);
    }

    [Fact]
    public void An_argument_of_the_wrong_type_is_refused_with_both_types()
    {
        var error = Assert.Throws<ArgumentException>(() => new WorkerProcess(Repeat, "x", "3"));

        Assert.Contains("The parameter 'times' of RefusalTests.Repeat is of type System.Int32, but the argument is of type System.String.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_for_a_value_type_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new WorkerProcess(Repeat, "x", null));

        Assert.Contains("'times'", error.Message, StringComparison.Ordinal);
        Assert.Contains("the argument is null", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_by_reference_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new WorkerProcess((ByReference)Increment, 1));

        Assert.Contains("'number' of RefusalTests.Increment is passed by reference", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_lives_on_the_stack_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new WorkerProcess((OverSpan)Count, new byte[1]));

        Assert.Contains("'bytes'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_delegate_of_several_methods_is_refused()
    {
        Action twice = Nothing;
        twice += Nothing;

        var error = Assert.Throws<ArgumentException>(() => new WorkerProcess(twice));

        Assert.Contains("several methods", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_generated_while_the_program_runs_is_refused()
    {
        var body = System.Linq.Expressions.Expression.Lambda<Func<int>>(System.Linq.Expressions.Expression.Constant(1)).Compile();

        var error = Assert.ThrowsAny<ArgumentException>(() => new WorkerProcess(body));

        Assert.Contains("compiled assembly", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_argument_that_cannot_travel_is_named_by_start()
    {
        await using var worker = WorkerProcess.Create((Stream source) => source.CanRead, Stream.Null);

        MessageSerializationException error = Assert.Throws<MessageSerializationException>(worker.Start);

        Assert.Contains("argument 'source'", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_result_that_cannot_travel_is_an_error_of_the_call()
    {
        await using var worker = WorkerProcess.Create(() => Stream.Null);
        worker.Start();

        RemoteException error = await Assert.ThrowsAsync<RemoteException>(() => worker.ResultAsync<Stream>());

        Assert.Equal(typeof(MessageSerializationException).FullName, error.Error.TypeName);
        Assert.Equal(1, worker.ExitCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_process_is_started_once()
    {
        await using var worker = WorkerProcess.Create(Nothing);
        worker.Start();

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(worker.Start);
        Assert.Contains("can be started once", error.Message, StringComparison.Ordinal);
        await worker.JoinAsync();
        _ = Assert.Throws<InvalidOperationException>(worker.Start);
    }

    [Fact(Timeout = 60_000)]
    public async Task Name_and_daemon_are_settled_by_the_start()
    {
        await using var worker = WorkerProcess.Create(Nothing);
        worker.Start();

        Assert.Contains("Name", Assert.Throws<InvalidOperationException>(() => worker.Name = "other").Message, StringComparison.Ordinal);
        Assert.Contains("IsDaemon", Assert.Throws<InvalidOperationException>(() => worker.IsDaemon = true).Message, StringComparison.Ordinal);
        await worker.JoinAsync();
    }

    [Fact]
    public void Nothing_can_be_waited_for_before_the_start()
    {
        using var worker = WorkerProcess.Create(Nothing);

        _ = Assert.Throws<InvalidOperationException>(() => { _ = worker.Sentinel; });
        _ = Assert.Throws<InvalidOperationException>(() => worker.Join(TimeSpan.Zero));
        _ = Assert.Throws<InvalidOperationException>(worker.Terminate);
        _ = Assert.Throws<InvalidOperationException>(worker.Kill);
        Assert.Null(worker.ProcessId);
        Assert.Null(worker.ExitCode);
        Assert.False(worker.IsAlive);
        Assert.EndsWith("(not started)", worker.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_process_is_not_started()
    {
        var worker = WorkerProcess.Create(Nothing);
        worker.Dispose();

        _ = Assert.Throws<ObjectDisposedException>(worker.Start);
    }

    private static string Repeat(string text, int times = 1) => string.Concat(Enumerable.Repeat(text, times));

    private static void Increment(ref int number) => number++;

    private static int Count(ReadOnlySpan<byte> bytes) => bytes.Length;

    private static void Nothing()
    {
    }
}
