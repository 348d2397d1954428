namespace IpcDemos.Shared.Serialization;

/// <summary>The MessagePack extension types of our own, out of the range that applications may use (docs/protocol.md).</summary>
internal static class ExtensionCode
{
    /// <summary>An array of unmanaged values, copied as it lies in memory.</summary>
    public const sbyte Block = 1;

    /// <summary>A <see cref="DateTime"/> whose kind is not UTC; UTC ones are MessagePack's own timestamps.</summary>
    public const sbyte DateTime = 2;

    /// <summary>The exact type of a value declared as <see cref="object"/>, standing before it in an array of two.</summary>
    public const sbyte ExactType = 3;
}
