using System.Buffers.Binary;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>How a reference to an object stands in a message to or from its own server.</summary>
internal static class ManagerReference
{
    public static void Write(ref MessagePackWriter writer, ulong number)
    {
        const int headerLength = 2;
        Span<byte> bytes = writer.GetSpan(headerLength + ManagerProtocol.ReferenceLength);
        bytes[0] = MessagePackCode.FixExt8;
        bytes[1] = (byte)ManagerProtocol.ReferenceCode;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[headerLength..], number);
        writer.Advance(headerLength + ManagerProtocol.ReferenceLength);
    }

    /// <summary>Reads an extension; false if it is something else than a reference.</summary>
    public static bool TryRead(ref MessagePackReader reader, out ulong number)
    {
        ExtensionResult extension = reader.ReadExtensionFormat();
        bool isReference = extension.TypeCode == ManagerProtocol.ReferenceCode && extension.Data.Length == ManagerProtocol.ReferenceLength;
        number = isReference ? BinaryPrimitives.ReadUInt64BigEndian(extension.Data.FirstSpan) : 0;
        return isReference;
    }
}
