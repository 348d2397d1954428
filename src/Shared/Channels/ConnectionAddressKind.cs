namespace IpcDemos.Shared.Channels;

/// <summary>The kinds of endpoints that connections are made at.</summary>
public enum ConnectionAddressKind
{
    /// <summary>A Unix socket of this machine.</summary>
    Unix,

    /// <summary>A named pipe of this machine (Windows).</summary>
    Pipe,

    /// <summary>A TCP port; what is sent can be read on the way.</summary>
    Tcp,

    /// <summary>A TCP port with TLS.</summary>
    Tls,
}
