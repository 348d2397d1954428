using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <summary>Leads an address to the system's endpoint behind it, and says in the caller's terms what stands in the way.</summary>
internal static class ConnectionEndpoint
{
    /// <exception cref="IOException">The address is in use, or is not this machine's.</exception>
    public static Endpoint Listen(ConnectionAddress address, int backlog)
    {
        try
        {
            return address.Kind switch
            {
                ConnectionAddressKind.Unix => ListenUnix(address.Name, backlog),
                ConnectionAddressKind.Pipe => Endpoint.ListenPipe(address.Name),
                _ => Endpoint.ListenTcp(Resolve(address.Name), address.Port, backlog),
            };
        }
        catch (Exception error) when (error is SocketException or UnauthorizedAccessException)
        {
            bool isTaken = error is UnauthorizedAccessException || ((SocketException)error).SocketErrorCode == SocketError.AddressAlreadyInUse;
            throw new IOException(
                isTaken ? $"The address '{address}' is in use: somebody serves it already." : $"'{address}' cannot be listened at: {error.Message}.",
                error);
        }
    }

    /// <exception cref="IOException">Nobody listens there.</exception>
    /// <exception cref="AuthenticationException">The listener's certificate is not to be trusted.</exception>
    public static async Task<Stream> ConnectAsync(ConnectionAddress address, CancellationToken cancellationToken)
    {
        Stream stream;
        try
        {
            stream = await (address.Kind switch
            {
                ConnectionAddressKind.Unix => Endpoint.ConnectUnixAsync(address.Name, cancellationToken),
                ConnectionAddressKind.Pipe => Endpoint.ConnectPipeAsync(address.Name, cancellationToken),
                _ => Endpoint.ConnectTcpAsync(address.Name, address.Port, cancellationToken),
            }).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw new IOException($"Nobody listens at '{address}': {error.Message}.", error);
        }

        return address.Kind == ConnectionAddressKind.Tls
            ? await EncryptAsync(stream, address, cancellationToken).ConfigureAwait(false)
            : stream;
    }

    /// <exception cref="AuthenticationException">The other side does not go through with it.</exception>
    public static async Task<Stream> EncryptAsync(Stream stream, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream);
        var options = new SslServerAuthenticationOptions { ServerCertificate = certificate };
        return await AuthenticateAsync(encrypted, encrypted.AuthenticateAsServerAsync(options, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The fingerprint that clients can be told to insist on.</summary>
    public static string FingerprintOf(X509Certificate certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private static async Task<Stream> EncryptAsync(Stream stream, ConnectionAddress address, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream);
        var options = new SslClientAuthenticationOptions { TargetHost = address.Name };
        if (address.CertificateFingerprint is { } fingerprint)
        {
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is not null && FingerprintOf(certificate) == fingerprint;
        }

        return await AuthenticateAsync(encrypted, encrypted.AuthenticateAsClientAsync(options, cancellationToken)).ConfigureAwait(false);
    }

    private static async Task<Stream> AuthenticateAsync(SslStream stream, Task handshake)
    {
        try
        {
            await handshake.ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Endpoint ListenUnix(string path, int backlog)
    {
        try
        {
            return Endpoint.ListenUnix(path, backlog);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse && IsLeftBehind(path))
        {
            throw new IOException(
                $"The socket '{path}' was left behind by a process that has ended; nobody listens at it. Delete the file, or choose another path.",
                error);
        }
    }

    private static bool IsLeftBehind(string path) => !OperatingSystem.IsWindows() && LocalSocket.IsLeftBehind(path);

    private static IPAddress Resolve(string host) =>
        IPAddress.TryParse(host, out IPAddress? address) ? address : Dns.GetHostAddresses(host)[0];
}
