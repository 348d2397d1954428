using System.Net.Sockets;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class UnixSocketListenerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("test-of-").FullName;

    public static bool IsWindows => OperatingSystem.IsWindows();

    public static bool IsNotLinux => !OperatingSystem.IsLinux();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact(Timeout = 60_000, Skip = "Named pipes take the place of Unix sockets on Windows.", SkipWhen = nameof(IsWindows))]
    public void The_sockets_file_goes_with_the_listener()
    {
        string path = Path.Combine(_directory, "socket");
        using (var listener = new ConnectionListener(ConnectionAddress.Unix(path)))
        {
            using Connection client = Connection.Connect(listener.Address);
            using Connection accepted = listener.Accept();
            Assert.True(File.Exists(path));
        }

        Assert.False(File.Exists(path));
    }

    [Fact(Timeout = 60_000, Skip = "Named pipes take the place of Unix sockets on Windows.", SkipWhen = nameof(IsWindows))]
    public void A_path_that_is_too_long_is_refused_early()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => ConnectionAddress.Unix("/tmp/" + new string('x', 110)));
        Assert.Contains("115 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000, Skip = "Named pipes take the place of Unix sockets on Windows.", SkipWhen = nameof(IsWindows))]
    public void A_file_in_the_way_is_neither_replaced_nor_removed()
    {
        string path = Path.Combine(_directory, "file");
        File.WriteAllText(path, "mine");
        Assert.Throws<IOException>(() => new ConnectionListener(ConnectionAddress.Unix(path)));
        Assert.Equal("mine", File.ReadAllText(path));
    }

    [Fact(Timeout = 60_000, Skip = "Only Linux tells whether somebody still serves a socket's file.", SkipWhen = nameof(IsNotLinux))]
    public async Task A_socket_that_a_dead_process_left_is_told_from_a_served_one()
    {
        string path = Path.Combine(_directory, "left");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            File.CreateSymbolicLink(path + ".link", path);
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);

        // A process that is just being started has a copy of what this one had open.
        await Eventually.HoldsAsync(() => !File.ReadAllText("/proc/net/unix").Contains(path, StringComparison.Ordinal));
        IOException error = Assert.Throws<IOException>(() => new ConnectionListener(ConnectionAddress.Unix(path)));
        Assert.Contains("left behind", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000, Skip = "Named pipes take the place of Unix sockets on Windows.", SkipWhen = nameof(IsWindows))]
    public void A_windows_pipe_address_is_refused_off_windows() =>
        Assert.Throws<PlatformNotSupportedException>(() => ConnectionAddress.Parse("pipe:name"));

    [Fact(Timeout = 60_000, Skip = "Named pipes take the place of Unix sockets on Windows.", SkipWhen = nameof(IsWindows))]
    public async Task A_connection_of_a_listener_moves_to_another_process()
    {
        using var listener = new ConnectionListener(ConnectionAddress.Tcp("127.0.0.1"), AuthenticationKey.FromText("k"));
        using Connection client = Connection.Connect(listener.Address, AuthenticationKey.FromText("k"));
        using WorkerProcess worker = WorkerProcess.Create(static (Connection connection) => connection.Send(connection.Receive<int>() * 2), listener.Accept());
        worker.Start();
        client.Send(21);
        Assert.Equal(42, await client.ReceiveAsync<int>(TestContext.Current.CancellationToken));
        await worker.JoinAsync(TestContext.Current.CancellationToken);
        Assert.Throws<ConnectionClosedException>(() => client.Receive<int>());
    }

    [Fact(Timeout = 60_000, Skip = "Named pipes take the place of Unix sockets on Windows.", SkipWhen = nameof(IsWindows))]
    public async Task Closing_one_side_wakes_a_thread_that_blocks_on_the_other()
    {
        using var listener = new ConnectionListener();
        using Connection client = Connection.Connect(listener.Address);
        using Connection accepted = listener.Accept();
        Task receiving = Task.Run(() => Assert.Throws<ConnectionClosedException>(() => accepted.Receive<int>()), TestContext.Current.CancellationToken);
        client.Dispose();
        await receiving;
    }
}
