using System.Globalization;
using System.Security.Authentication;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using IpcDemos.Shared.Channels;

namespace IpcDemos.Interop.Tests.Channels;

/// <summary>Python's own <c>multiprocessing.connection</c> at the other end, in both directions.</summary>
public sealed class PythonConnectionTests
{
    private const string Key = "a secret of the tests";

    // What a Python before 3.12 needs; a newer one is spoken to with SHA-256 all the same.
    private static readonly ConnectionListenerOptions s_listening = new() { AllowLegacyDigest = true };
    private static readonly ConnectionOptions s_connecting = new() { AllowLegacyDigest = true };

    public PythonConnectionTests() => PythonPeer.Alone.SkipIfMissing();

    public static TheoryData<string> Addresses =>
        OperatingSystem.IsWindows() ? ["tcp://127.0.0.1:0"] : ["tcp://127.0.0.1:0", ConnectionAddress.CreateLocal().ToString()];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Addresses))]
    public async Task A_python_client_exchanges_bytes_of_all_sizes_with_our_listener(string address)
    {
        using var listener = new ConnectionListener(ConnectionAddress.Parse(address), AuthenticationKey.FromText(Key), s_listening);
        Task<string> client = RunClientAsync(listener.Address, Key);
        using Connection connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await EchoAsync(connection);
        Assert.Equal("done", await client);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_python_client_without_the_key_is_refused_and_told()
    {
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), AuthenticationKey.FromText(Key), s_listening);
        var rejected = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Rejected += (_, rejection) => rejected.TrySetResult(rejection.Error);
        Assert.StartsWith("AuthenticationError", await RunClientAsync(listener.Address, "another"), StringComparison.Ordinal);
        Assert.IsType<AuthenticationException>(await rejected.Task);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_old_python_is_refused_unless_its_digest_is_switched_on()
    {
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), AuthenticationKey.FromText(Key));
        bool isOld = await PythonPeer.Alone.VersionAsync(TestContext.Current.CancellationToken) < new Version(3, 12);
        string outcome = await RunClientAsync(listener.Address, Key, isOld ? null : () => EchoAsync(listener.Accept()));
        Assert.StartsWith(isOld ? "AuthenticationError" : "done", outcome, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task We_exchange_bytes_of_all_sizes_with_a_python_listener(string family)
    {
        Assert.SkipWhen(family == "unix" && OperatingSystem.IsWindows(), "Unix sockets");
        var (address, finished) = await StartListenerAsync(family);
        using (Connection connection = await Connection.ConnectAsync(
            address, AuthenticationKey.FromText(Key), s_connecting, TestContext.Current.CancellationToken))
        {
            foreach (int size in new[] { 0, 1, 16384, 16385, 5_000_000 })
            {
                byte[] message = new byte[size];
                Random.Shared.NextBytes(message);
                Task sending = connection.SendBytesAsync(message, TestContext.Current.CancellationToken).AsTask();
                Assert.Equal(message, await connection.ReceiveBytesAsync(cancellationToken: TestContext.Current.CancellationToken));
                await sending;
            }
        }

        Assert.Equal("end", await finished);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_python_listener_refuses_our_wrong_key()
    {
        var (address, finished) = await StartListenerAsync("tcp");
        await Assert.ThrowsAsync<AuthenticationException>(() => Connection.ConnectAsync(
            address, AuthenticationKey.FromText("another"), s_connecting, TestContext.Current.CancellationToken));
        Assert.StartsWith("AuthenticationError", await finished, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_long_header_in_front_of_a_short_message_is_read_as_python_reads_it()
    {
        // No writer writes it so, but CPython's reader takes it; its own is shown the same bytes in the script.
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), AuthenticationKey.FromText(Key), s_listening);
        Task<string> client = RunClientAsync(listener.Address, Key, command: "long-header");
        using Connection connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await EchoAsync(connection);
        Assert.Equal("done", await client);
    }

    // Moves 4 GiB through one Python process, which takes a small machine half a minute: run when asked for (-explicit on).
    [Fact(Timeout = 300_000, Explicit = true)]
    public async Task A_message_above_two_gigabytes_travels_both_ways()
    {
        const long length = int.MaxValue + 5L;
        const long memoryOfPython = 3 * length;
        Assert.SkipUnless(
            AvailableMemory() > memoryOfPython,
            "Python keeps such a message in memory, and there is not enough free here.");
        var (address, finished) = await StartListenerAsync("tcp");
        using (Connection connection = await Connection.ConnectAsync(
            address, AuthenticationKey.FromText(Key), s_connecting, TestContext.Current.CancellationToken))
        {
            await connection.SendBytesAsync(RepeatedPart.Sequence(length), TestContext.Current.CancellationToken);
            var received = new RepeatedPart();
            Assert.Equal(length, await connection.ReceiveBytesToAsync(received, cancellationToken: TestContext.Current.CancellationToken));
            Assert.True(received.IsTheSame);
        }

        Assert.Equal("end", await finished);
    }

    /// <summary>In bytes; 0 where the system does not tell.</summary>
    private static long AvailableMemory()
    {
        const string line = "MemAvailable:";
        return OperatingSystem.IsLinux()
            ? 1024 * long.Parse(
                File.ReadLines("/proc/meminfo").First(each => each.StartsWith(line, StringComparison.Ordinal))[line.Length..^"kB".Length],
                NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture)
            : 0;
    }

    private static async Task<string> RunClientAsync(
        ConnectionAddress address, string key, Func<Task>? serve = null, string command = "connect")
    {
        using var stop = new CancellationTokenSource();
        Task serving = serve is null ? Task.CompletedTask : Task.Run(serve, stop.Token);
        BufferedCommandResult result = await PythonPeer.Alone.Command("connection.py", command, address.ToString(), key)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        Assert.True(result.ExitCode == 0, result.StandardError);
        _ = serving;
        return result.StandardOutput.Trim();
    }

    private static async Task EchoAsync(Connection connection)
    {
        try
        {
            while (true)
            {
                await connection.SendBytesAsync(await connection.ReceiveBytesAsync());
            }
        }
        catch (ConnectionClosedException)
        {
            connection.Dispose();
        }
    }

    /// <summary>Starts a Python listener; gives its address and, in the end, the last line that it printed.</summary>
    private static async Task<(ConnectionAddress Address, Task<string> Finished)> StartListenerAsync(string family)
    {
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        string last = "";
        var errors = new StringBuilder();
        Task<CommandResult> running = PythonPeer.Alone.Command("connection.py", "listen", Key, family)
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line =>
            {
                last = line;
                _ = first.TrySetResult(line);
            }))
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(errors))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(TestContext.Current.CancellationToken).Task;
        string address = await await Task.WhenAny(first.Task, FailAsync());
        return (ConnectionAddress.Parse(address), LastLineAsync());

        async Task<string> FailAsync()
        {
            await running;
            return first.Task.IsCompleted ? await first.Task : throw new InvalidOperationException(errors.ToString());
        }

        async Task<string> LastLineAsync()
        {
            CommandResult result = await running;
            Assert.True(result.IsSuccess, errors.ToString());
            return last;
        }
    }
}
