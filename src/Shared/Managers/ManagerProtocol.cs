namespace IpcDemos.Shared.Managers;

/// <summary>What clients and servers of managers have agreed on; docs/protocol.md, "Manager protocol", describes it.</summary>
internal static class ManagerProtocol
{
    /// <summary>The first word of either side, so that a stranger who knows the key is noticed.</summary>
    public const string Name = "ipcdemos-manager";

    /// <summary>Raised whenever an old client would misunderstand a new server, or the other way round.</summary>
    public const int Version = 2;

    /// <summary>The extension type of a reference to a shared object: its number, eight bytes, big-endian.</summary>
    public const sbyte ReferenceCode = 4;

    public const int ReferenceLength = 8;

    /// <summary>The number that stands for the server itself among its objects.</summary>
    public const ulong Server = 0;

    /// <summary>The request number of what is not to be answered, and of what the server says unasked.</summary>
    public const uint Unasked = 0;

    /// <summary>A client asks about one in so many of its offers whether the server keeps as many; the others are not answered.</summary>
    public const int OffersOnTrust = 1024;
}
