namespace IpcDemos.Shared.Managers;

/// <summary>
/// The connection to a manager's server has ended, and with it every call that was waiting and every reference that this process
/// held. The message tells why: it was shut down, it died, or it could not be reached.
/// </summary>
public sealed class ManagerDisconnectedException : IOException
{
    internal ManagerDisconnectedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
