using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>Both sides of a server's start: the worker whose call the server is, and what the manager hears from it.</summary>
internal static class ManagerWorker
{
    public static WorkerProcess Describe(ManagerOptions options, Connection control)
    {
        WorkerProcess worker = WorkerProcess.Create(
            Serve,
            control,
            new Settings(
                options.Address?.ToString(),
                options.Key?.Bytes.ToArray(),
                options.Certificate?.Export(X509ContentType.Pkcs12),
                options.MaximumClients,
                options.MaximumRequestLength,
                options.MaximumUnreadLength,
                options.HandshakeTimeout,
                options.TransitLifetime,
                options.MaximumWaitingCalls,
                options.AllowLegacyDigest,
                options.MaximumTransits),
            options.Types,
            options.Initializer);
        worker.Name = "Manager-" + worker.Name.Split('-')[^1];
        worker.IsDaemon = true;
        return worker;
    }

    /// <summary>Waits until the worker serves, and returns where and with which key.</summary>
    public static async Task<(string Address, byte[] Key)> ReadyAsync(WorkerProcess worker, Connection control, CancellationToken cancellationToken)
    {
        try
        {
            Started started = await control.ReceiveAsync<Started>(cancellationToken).ConfigureAwait(false);
            return (started.Address, started.Key);
        }
        catch (IOException) when (!cancellationToken.IsCancellationRequested)
        {
            // It ended before it served; how it did tells why.
            await worker.JoinAsync(cancellationToken).ConfigureAwait(false);
            if (worker.Error is { } error)
            {
                throw error.TypeName == typeof(IOException).FullName
                    ? new IOException(error.Message)
                    : new RemoteException(worker.Name, worker.ProcessId!.Value, error);
            }

            throw;
        }
    }

    private static void Serve(Connection control, Settings settings, Action<ManagerTypes>? types, Action? initializer)
    {
        // Ctrl+C is for the program, which still needs its manager while it puts its affairs in order.
        using PosixSignalRegistration deaf = PosixSignalRegistration.Create(PosixSignal.SIGINT, static interruption => interruption.Cancel = true);
        using X509Certificate2? certificate = settings.Certificate is { } bytes ? X509CertificateLoader.LoadPkcs12(bytes, null) : null;
        using var server = new ManagerServer(new ManagerOptions
        {
            Address = settings.Address is { } address ? ConnectionAddress.Parse(address) : null,
            Key = settings.Key is { } key ? AuthenticationKey.FromBytes(key) : null,
            Certificate = certificate,
            Types = types,
            Initializer = initializer,
            MaximumClients = settings.MaximumClients,
            MaximumRequestLength = settings.MaximumRequestLength,
            MaximumUnreadLength = settings.MaximumUnreadLength,
            HandshakeTimeout = settings.HandshakeTimeout,
            TransitLifetime = settings.TransitLifetime,
            MaximumWaitingCalls = settings.MaximumWaitingCalls,
            AllowLegacyDigest = settings.AllowLegacyDigest,
            MaximumTransits = settings.MaximumTransits,
        });
        control.Send(new Started(server.Address.ToString(), server.Key.Bytes.ToArray()));
        CancellationToken stop = WorkerProcess.StopRequested;
        try
        {
            // Nothing is ever sent: the manager closes its end, and its death does, too.
            _ = control.Poll(Timeout.InfiniteTimeSpan, stop);
        }
        catch (OperationCanceledException)
        {
            // Asked to end: in order, too.
        }
    }

    [MessagePackObject]
    internal sealed record Settings(
        [property: Key(0)] string? Address,
        [property: Key(1)] byte[]? Key,
        [property: Key(2)] byte[]? Certificate,
        [property: Key(3)] int MaximumClients,
        [property: Key(4)] int MaximumRequestLength,
        [property: Key(5)] int MaximumUnreadLength,
        [property: Key(6)] TimeSpan HandshakeTimeout,
        [property: Key(7)] TimeSpan TransitLifetime,
        [property: Key(8)] int MaximumWaitingCalls,
        [property: Key(9)] bool AllowLegacyDigest,
        [property: Key(10)] int MaximumTransits);

    [MessagePackObject]
    internal sealed record Started([property: Key(0)] string Address, [property: Key(1)] byte[] Key);
}
