using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>What a server tells processes of its user that ask what it hosts.</summary>
/// <param name="Name">The server's process's name.</param>
/// <param name="Address">Where it is found.</param>
/// <param name="Inspection">What it hosts, and for whom.</param>
[MessagePackObject]
internal sealed record ManagerReport(
    [property: Key(0)] string Name, [property: Key(1)] string Address, [property: Key(2)] ManagerInspection Inspection)
{
    /// <summary>What the names of the endpoints begin with at which servers are asked; the process id follows.</summary>
    public const string EndpointPrefix = LocalEndpoints.Prefix + Kind;

    // What is left of that in the path of a socket, too.
    private const string Kind = "manager-";

    /// <summary>A new endpoint for a server of this process.</summary>
    public static ConnectionAddress CreateAddress() => ConnectionAddress.Local(
        FormattableString.Invariant($"{EndpointPrefix}{Environment.ProcessId}-{Random.Shared.Next():x8}"));

    /// <summary>The server's process by the endpoint's name; null if the name is none of a server's.</summary>
    public static int? ProcessOf(string endpoint)
    {
        string[] parts = endpoint[(endpoint.LastIndexOf(Kind, StringComparison.Ordinal) + Kind.Length)..].Split('-');
        return parts.Length == 2 && int.TryParse(parts[0], out int processId) ? processId : null;
    }
}
