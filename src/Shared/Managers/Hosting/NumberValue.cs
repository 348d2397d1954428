using System.Buffers;
using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Adds numbers as they stand in messages: whole ones exactly, others as doubles. Nil counts as 0.</summary>
internal static class NumberValue
{
    /// <exception cref="CallFailedException">One of them is no number, or the sum is beyond 64 bits.</exception>
    public static StoredValue Add(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
    {
        var buffer = new ArrayBufferWriter<byte>(9);
        var writer = new MessagePackWriter(buffer);
        if (TryReadInteger(left, out long leftInteger) && TryReadInteger(right, out long rightInteger))
        {
            try
            {
                writer.Write(checked(leftInteger + rightInteger));
            }
            catch (OverflowException)
            {
                throw new CallFailedException(FailureCode.OutOfRange, $"{leftInteger} + {rightInteger} is beyond 64 bits; nothing was changed.");
            }
        }
        else
        {
            writer.Write(ReadDouble(left) + ReadDouble(right));
        }

        writer.Flush();
        return new StoredValue(buffer.WrittenSpan.ToArray(), null);
    }

    private static bool TryReadInteger(ReadOnlyMemory<byte> value, out long number)
    {
        var reader = new MessagePackReader(value);
        number = 0;
        if (reader.NextMessagePackType != MessagePackType.Integer)
        {
            return reader.NextMessagePackType == MessagePackType.Nil;
        }

        // Beyond the signed range a whole number counts as a double.
        ulong large = reader.NextCode == MessagePackCode.UInt64 ? reader.CreatePeekReader().ReadUInt64() : 0;
        number = large <= long.MaxValue ? reader.ReadInt64() : 0;
        return large <= long.MaxValue;
    }

    private static double ReadDouble(ReadOnlyMemory<byte> value)
    {
        var reader = new MessagePackReader(value);
        return reader.NextMessagePackType switch
        {
            MessagePackType.Nil => 0,
            MessagePackType.Integer or MessagePackType.Float => reader.ReadDouble(),
            var type => throw new CallFailedException(
                FailureCode.InvalidOperation, $"Only numbers can be added to; the value is of MessagePack type {type}. Nothing was changed."),
        };
    }
}
