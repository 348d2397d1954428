namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// A value as the client wrote it. The server never reads what it keeps: it needs to know none of the clients' types, no
/// message can make it create anything, and a read gives out the same bytes.
/// </summary>
/// <param name="Bytes">The value in MessagePack.</param>
/// <param name="References">The objects that it refers to, which it keeps alive; null if none.</param>
internal readonly record struct StoredValue(byte[] Bytes, HostedObject[]? References)
{
    /// <summary>MessagePack's nil.</summary>
    public static StoredValue Nil { get; } = new([0xc0], null);
}
