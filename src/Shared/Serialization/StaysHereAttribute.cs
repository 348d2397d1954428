namespace IpcDemos.Shared.Serialization;

/// <summary>
/// The type is of use only in the process that made it. Without this its public members might happen to be enough to build another one
/// of it in the receiver, unnoticed: another pool, another server.
/// </summary>
/// <param name="instead">What to do instead, for the end of a sentence.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
internal sealed class StaysHereAttribute(string instead) : Attribute
{
    public string Instead => instead;
}
