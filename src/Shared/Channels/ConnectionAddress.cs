using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Channels;

/// <summary>
/// Where a <see cref="ConnectionListener"/> listens: a named endpoint of this machine, or a TCP port. Immutable; travels in
/// messages as its text (<c>tcp://127.0.0.1:5000</c>, <c>tls://host:5000#fingerprint</c>, <c>unix:/run/user/1000/scores</c>,
/// <c>pipe:scores</c>).
/// </summary>
[MessagePackFormatter(typeof(ConnectionAddressFormatter))]
public sealed record ConnectionAddress
{
    private const string TcpPrefix = "tcp://";
    private const string TlsPrefix = "tls://";
    private const string UnixPrefix = "unix:";
    private const string PipePrefix = "pipe:";

    private ConnectionAddress(ConnectionAddressKind kind, string name, int port = 0, string? fingerprint = null)
    {
        (Kind, Name, Port, CertificateFingerprint) = (kind, name, port, fingerprint);
    }

    /// <summary>What kind of endpoint it is.</summary>
    public ConnectionAddressKind Kind { get; }

    /// <summary>The host, the socket's path, or the pipe's name.</summary>
    public string Name { get; }

    /// <summary>The TCP port, 0 to 65535; 0 for other kinds, and for a listener that takes any free one.</summary>
    public int Port { get; }

    /// <summary>
    /// The SHA-256 of the listener's certificate, in hexadecimal, if connections are encrypted and exactly that certificate is
    /// to be accepted; otherwise <see langword="null"/>.
    /// </summary>
    public string? CertificateFingerprint { get; }

    internal bool IsNetwork => Kind is ConnectionAddressKind.Tcp or ConnectionAddressKind.Tls;

    /// <summary>A TCP port. Whoever can reach it can try to connect, and reads along: use a key, and TLS beyond this machine.</summary>
    /// <param name="host">A host name, an IPv4 or an IPv6 address. A listener listens at this address only.</param>
    /// <param name="port">0 to 65535; 0 lets a listener take a free one, which its <see cref="ConnectionListener.Address"/> tells.</param>
    /// <exception cref="ArgumentException">The host is empty, or the port out of range.</exception>
    public static ConnectionAddress Tcp(string host, int port = 0) => Network(ConnectionAddressKind.Tcp, host, port, null);

    /// <summary>A TCP port with TLS: nobody on the way can read or change what is sent.</summary>
    /// <param name="host">As in <see cref="Tcp"/>. The listener's certificate must be valid for it, unless a fingerprint is given.</param>
    /// <param name="port">As in <see cref="Tcp"/>.</param>
    /// <param name="certificateFingerprint">The SHA-256, in hexadecimal, of the one certificate to accept, whatever it says.</param>
    /// <exception cref="ArgumentException">The host is empty, the port out of range, or the fingerprint not 64 digits.</exception>
    public static ConnectionAddress Tls(string host, int port = 0, string? certificateFingerprint = null)
    {
        if (certificateFingerprint is not null
            && (certificateFingerprint.Length != 64 || !certificateFingerprint.All(char.IsAsciiHexDigit)))
        {
            throw new ArgumentException(
                $"'{certificateFingerprint}' is no SHA-256 fingerprint; that has 64 hexadecimal digits.", nameof(certificateFingerprint));
        }

        return Network(ConnectionAddressKind.Tls, host, port, certificateFingerprint?.ToUpperInvariant());
    }

    /// <summary>
    /// A Unix socket at a path (Linux, macOS). In front of a name, <c>@</c> means Linux's abstract namespace, which has no files.
    /// </summary>
    /// <param name="path">The path; relative ones are made absolute. At most 107 bytes in UTF-8 (103 on macOS).</param>
    /// <exception cref="ArgumentException">The path is empty or too long, or contains a NUL.</exception>
    /// <exception cref="PlatformNotSupportedException">This is Windows, or an abstract name elsewhere than on Linux.</exception>
    public static ConnectionAddress Unix(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException(
                $"The Unix socket '{path}' cannot be used on Windows. Use {nameof(Pipe)} or {nameof(CreateLocal)}.");
        }

        bool isAbstract = path.StartsWith('@');
        if (isAbstract && !OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException($"The abstract name '{path}' exists on Linux only. Use a path.");
        }

        string full = isAbstract || path.Contains('\0', StringComparison.Ordinal) ? path : Path.GetFullPath(path);
        int length = Encoding.UTF8.GetByteCount(full);
        if (length > LocalSocket.MaximumPathLength || full.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The path of a Unix socket can be {LocalSocket.MaximumPathLength} bytes long and contain no NUL; '{full}' has {length} bytes.",
                nameof(path));
        }

        return new ConnectionAddress(ConnectionAddressKind.Unix, full);
    }

    /// <summary>A named pipe of this machine (Windows).</summary>
    /// <param name="name">The name behind <c>\\.\pipe\</c>.</param>
    /// <exception cref="ArgumentException">The name is empty, too long, or contains a backslash.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Windows.</exception>
    public static ConnectionAddress Pipe(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException(
                $"The named pipe '{name}' exists on Windows only. Use {nameof(Unix)} or {nameof(CreateLocal)}.");
        }

        return name.Length <= 247 && !name.Contains('\\', StringComparison.Ordinal)
            ? new ConnectionAddress(ConnectionAddressKind.Pipe, name)
            : throw new ArgumentException($"A pipe's name can be 247 characters long and contain no backslash; '{name}' is not.", nameof(name));
    }

    /// <summary>
    /// A new endpoint of this machine under a name that nobody can guess: a named pipe on Windows, elsewhere a Unix socket that
    /// leaves no file behind (Linux) or lives in a directory of mode 0700 (macOS).
    /// </summary>
    public static ConnectionAddress CreateLocal() => Local(LocalEndpoints.CreateName());

    /// <summary>Where an endpoint of that name is that is like those of <see cref="CreateLocal"/>: for this user's processes only.</summary>
    internal static ConnectionAddress Local(string name)
    {
        return OperatingSystem.IsWindows() ? Pipe(name)
            : OperatingSystem.IsLinux() ? Unix("@" + name)
            : Unix(PrivateDirectory.SocketPath(name));
    }

    /// <summary>Reads the text form of an address.</summary>
    /// <exception cref="FormatException">It is not the text of an address.</exception>
    /// <exception cref="PlatformNotSupportedException">It is an address of another system.</exception>
    public static ConnectionAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return Read(text) ?? throw new FormatException(
                $"'{text}' is no address. Addresses look like tcp://host:port, tls://host:port#fingerprint, unix:/path and pipe:name.");
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"'{text}' is no address: {error.Message}", error);
        }
    }

    /// <summary>Reads the text form of an address; false if it is none, or none of this system.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ConnectionAddress? result)
    {
        try
        {
            result = text is null ? null : Parse(text);
        }
        catch (Exception error) when (error is FormatException or PlatformNotSupportedException)
        {
            result = null;
        }

        return result is not null;
    }

    /// <summary>The text that <see cref="Parse(string)"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        ConnectionAddressKind.Unix => UnixPrefix + Name,
        ConnectionAddressKind.Pipe => PipePrefix + Name,
        ConnectionAddressKind.Tcp => $"{TcpPrefix}{Host}:{Port}",
        _ => $"{TlsPrefix}{Host}:{Port}{(CertificateFingerprint is null ? "" : "#" + CertificateFingerprint)}",
    };

    internal ConnectionAddress WithPort(int port) => new(Kind, Name, port, CertificateFingerprint);

    internal ConnectionAddress WithFingerprint(string fingerprint) => new(Kind, Name, Port, fingerprint);

    private string Host => Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;

    private static ConnectionAddress Network(ConnectionAddressKind kind, string host, int port, string? fingerprint)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return new ConnectionAddress(kind, host, port, fingerprint);
    }

    private static ConnectionAddress? Read(string text)
    {
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return Unix(text[UnixPrefix.Length..]);
        }

        if (text.StartsWith(PipePrefix, StringComparison.Ordinal))
        {
            return Pipe(text[PipePrefix.Length..]);
        }

        bool isTls = text.StartsWith(TlsPrefix, StringComparison.Ordinal);
        if (!isTls && !text.StartsWith(TcpPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = text[TcpPrefix.Length..].Split('#', 2);
        int colon = parts[0].LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(parts[0].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
        {
            return null;
        }

        string host = parts[0][..colon].Trim('[', ']');
        return isTls ? Tls(host, port, parts.Length > 1 ? parts[1] : null) : Tcp(host, port);
    }
}
