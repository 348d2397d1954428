namespace IpcDemos.Shared.Platform;

/// <summary>The error numbers of Unix that this library tells apart.</summary>
internal static class Errno
{
    /// <summary>EINTR: a signal came first; try again.</summary>
    public const int Interrupted = 4;

    /// <summary>EPIPE: nobody will read it any more.</summary>
    public const int BrokenPipe = 32;

    /// <summary>EAGAIN: a descriptor that does not block has nothing to give, or no room.</summary>
    public static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    /// <summary>ECONNRESET: the other end was closed with data unread.</summary>
    public static int ConnectionReset => OperatingSystem.IsLinux() ? 104 : 54;
}
