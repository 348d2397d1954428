using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerNetworkTests
{
    private static readonly AuthenticationKey s_key = AuthenticationKey.FromText("the key of the tests");

    [Fact(Timeout = 60_000)]
    public void A_certificate_that_nobody_vouches_for_is_refused_without_its_fingerprint()
    {
        Wine.SkipHere("it cannot make certificates.");
        using X509Certificate2 certificate = TestCertificate.Create();
        using Manager manager = StartEncrypted(certificate);
        ConnectionAddress unpinned = ConnectionAddress.Tls("127.0.0.1", manager.Address.Port);
        Assert.Throws<AuthenticationException>(() => Manager.Connect(unpinned, s_key));
        using Manager pinned = Manager.Connect(manager.Address, s_key);
        Assert.Single(pinned.Inspect().Clients);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_certificate_that_the_clients_system_trusts_needs_no_fingerprint()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there a process is told by its environment whom to trust.");
        using X509Certificate2 certificate = TestCertificate.Create();
        using Manager manager = StartEncrypted(certificate);
        string authorities = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(authorities, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
            string unpinned = ConnectionAddress.Tls("127.0.0.1", manager.Address.Port).ToString();
            Assert.Equal("served", await WorkerProcess.Create(ConnectTrusting, authorities, unpinned).RunAsync<string>());
        }
        finally
        {
            File.Delete(authorities);
        }

        // A process reads that when it starts, so it takes one more.
        static string ConnectTrusting(string authorities, string address)
        {
            Environment.SetEnvironmentVariable("SSL_CERT_FILE", authorities);
            return WorkerProcess.Create(ConnectTo, address).RunAsync<string>().GetAwaiter().GetResult();
        }
    }

    [Fact(Timeout = 60_000)]
    public void A_client_without_encryption_gets_nowhere_at_an_encrypted_manager()
    {
        Wine.SkipHere("it cannot make certificates.");
        using X509Certificate2 certificate = TestCertificate.Create();
        using var server = new ManagerServer(new ManagerOptions
        {
            Address = ConnectionAddress.Tls("127.0.0.1"),
            Key = s_key,
            Certificate = certificate,
            HandshakeTimeout = TimeSpan.FromSeconds(1),
        });
        ConnectionAddress plain = ConnectionAddress.Tcp("127.0.0.1", server.Address.Port);
        Assert.Throws<ManagerDisconnectedException>(() => Manager.Connect(plain, s_key));
        Assert.Empty(server.Inspect().Clients);
    }

    [Fact(Timeout = 60_000)]
    public async Task Clients_that_fall_silent_while_they_encrypt_hold_up_nobody()
    {
        Wine.SkipHere("it cannot make certificates.");
        using X509Certificate2 certificate = TestCertificate.Create();
        using Manager manager = StartEncrypted(certificate);
        List<TcpClient> silent = [];
        for (int client = 0; client < 20; client++)
        {
            silent.Add(new TcpClient("127.0.0.1", manager.Address.Port));
            if (client % 2 == 0)
            {
                silent[^1].GetStream().Write([0x16, 0x03, 0x01, 0x02, 0x00]); // as a TLS greeting begins
            }
        }

        using (Manager.Connect(manager.Address, s_key))
        {
            Assert.Equal("served", await WorkerProcess.Create(ConnectTo, manager.Address.ToString()).RunAsync<string>());
        }

        silent.ForEach(client => client.Dispose());
    }

    [Fact(Timeout = 60_000)]
    public void A_manager_is_reached_over_IPv6()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using Manager manager = Manager.Start(new ManagerOptions { Address = ConnectionAddress.Tcp("::1"), Key = s_key });
        Assert.StartsWith("tcp://[::1]:", manager.Address.ToString(), StringComparison.Ordinal);
        using SharedList<int> list = manager.CreateList([1]);
        manager.Publish("numbers", list);
        using WorkerProcess worker = WorkerProcess.Create(
            static (string address) =>
            {
                using Manager manager = Manager.Connect(ConnectionAddress.Parse(address), s_key);
                using SharedList<int> list = manager.OpenList<int>("numbers");
                list.Add(2);
            },
            manager.Address.ToString());
        worker.Start();
        worker.Join();
        Assert.Equal([1, 2], list);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_client_more_than_the_limit_is_told_so_and_served_when_another_has_left(bool isLocal)
    {
        using var server = new ManagerServer(new ManagerOptions
        {
            Address = isLocal ? ConnectionAddress.CreateLocal() : ConnectionAddress.Tcp("127.0.0.1"),
            Key = s_key,
            MaximumClients = 1,
        });
        using (Manager.Connect(server.Address, s_key))
        {
            for (int attempt = 0; attempt < 3; attempt++)
            {
                Assert.Contains("It serves 1 clients already", await ConnectAsync(), StringComparison.Ordinal);
            }
        }

        // That the first one has left, the server learns in its own time.
        await Eventually.HoldsAsync(() => server.Inspect().Clients.Count == 0);
        Assert.Equal("served", await ConnectAsync());

        Task<string> ConnectAsync() => WorkerProcess.Create(ConnectTo, server.Address.ToString()).RunAsync<string>();
    }

    private static Manager StartEncrypted(X509Certificate2 certificate) => Manager.Start(new ManagerOptions
    {
        Address = ConnectionAddress.Tls("127.0.0.1"),
        Key = s_key,
        Certificate = certificate,
        HandshakeTimeout = TimeSpan.FromMinutes(1),
    });

    private static string ConnectTo(string address)
    {
        try
        {
            using Manager manager = Manager.Connect(ConnectionAddress.Parse(address), s_key);
            return manager.Inspect().Clients.Count > 0 ? "served" : "not served";
        }
        catch (ManagerDisconnectedException error)
        {
            return error.Message;
        }
    }
}
