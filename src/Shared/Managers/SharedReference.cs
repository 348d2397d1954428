using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// One reference of this process to an object of a server, given back when it is disposed of or forgotten: a handle, to something
/// that only happens to live in another process.
/// </summary>
internal sealed class SharedReference : SafeHandle
{
    private const nint Held = 1;

    /// <summary>Takes over a reference that the server has given to this process.</summary>
    /// <param name="client">The connection to the server, counted once for the reference.</param>
    /// <param name="number">The object.</param>
    public SharedReference(ManagerClient client, ulong number)
        : base(0, ownsHandle: true)
    {
        (Client, Number) = (client, number);
        client.AddReference(number);
        SetHandle(Held);
    }

    public ManagerClient Client { get; }

    public ulong Number { get; }

    public override bool IsInvalid => handle != Held;

    protected override bool ReleaseHandle()
    {
        Client.RemoveReference(Number);
        Client.Leave();
        return true;
    }
}
