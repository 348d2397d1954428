using System.Globalization;
using System.Text;

namespace IpcDemos.Shared.Memory;

/// <summary>An item of a <see cref="ShareableList"/> as it is in memory: what is in its slot, and how that is to be read.</summary>
/// <param name="Data">The slot's first bytes; the rest of it is zero.</param>
/// <param name="Format">As Python's <c>struct</c> module has it, or empty: text that fills its slot, whose size is the format.</param>
/// <param name="Code">What the bytes are.</param>
internal readonly record struct ShareableItem(byte[] Data, string Format, ShareableCode Code)
{
    private const string IntegerFormat = "q";
    private const string FloatFormat = "d";
    private const string BooleanFormat = "xxxxxxx?";
    private const string NoneFormat = "xxxxxx?x";
    private const int BooleanPosition = 7;
    private const int LargestSlot = 9_999_999;
    private const int LargestExactText = 999_999;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The slot that a new list gives the item: in bytes, always with one to spare, as Python does (which counts characters).</summary>
    public int NewSlotSize => Code is ShareableCode.Text or ShareableCode.Bytes
        ? ShareableListLayout.Alignment * ((Data.Length / ShareableListLayout.Alignment) + 1)
        : ShareableListLayout.Alignment;

    /// <exception cref="ArgumentException">A list cannot hold it.</exception>
    public static ShareableItem From(object? value) => value switch
    {
        null => new(new byte[8], NoneFormat, ShareableCode.None),
        bool flag => new([0, 0, 0, 0, 0, 0, 0, flag ? (byte)1 : (byte)0], BooleanFormat, ShareableCode.Number),
        long number => new(BitConverter.GetBytes(number), IntegerFormat, ShareableCode.Number),
        int or short or sbyte or byte or ushort or uint or ulong => From(ToLong((IConvertible)value)),
        double number => new(BitConverter.GetBytes(number), FloatFormat, ShareableCode.Number),
        float number => From((double)number),
        string text => FromBytes(Encode(text), ShareableCode.Text),
        byte[] bytes => FromBytes(bytes, ShareableCode.Bytes),
        _ => throw new ArgumentException(
            $"A {value.GetType()} cannot be in a shareable list, which holds integers of 64 bits, floating-point numbers, bool, string, byte[] and null.",
            nameof(value)),
    };

    /// <summary>The format to write for a slot of this size.</summary>
    public string FormatIn(int slotSize) => Format.Length > 0 ? Format : slotSize.ToString(CultureInfo.InvariantCulture) + "s";

    /// <summary>Reads an item that anybody may have written.</summary>
    /// <exception cref="InvalidDataException">Format, code and slot do not go together.</exception>
    public static object? Read(ReadOnlySpan<byte> slot, ReadOnlySpan<byte> formatText, byte code)
    {
        string format = Encoding.Latin1.GetString(formatText.TrimEnd((byte)0));
        switch ((ShareableCode)code, format)
        {
            case (ShareableCode.None, _):
                return null;
            case (ShareableCode.Number, IntegerFormat):
                return BitConverter.ToInt64(slot);
            case (ShareableCode.Number, FloatFormat):
                return BitConverter.ToDouble(slot);
            case (ShareableCode.Number, BooleanFormat):
                return slot[BooleanPosition] != 0;
            case (ShareableCode.Text, _) when TryGetBytes(slot, format, out ReadOnlySpan<byte> bytes):
                return Decode(bytes);
            case (ShareableCode.Bytes, _) when TryGetBytes(slot, format, out ReadOnlySpan<byte> bytes):
                return bytes.ToArray();
            default:
                throw new InvalidDataException(
                    $"The item has the format '{format}', the code {code} and a slot of {slot.Length} bytes, which do not go together: "
                    + "it was damaged, or is being changed by somebody at this moment.");
        }
    }

    private static ShareableItem FromBytes(byte[] bytes, ShareableCode code)
    {
        // Python takes the zeros at the end for padding. So does everybody if the format is the slot's size, as Python writes it; a format
        // with the exact length, and a padding byte so that Python does not keep it for the next text, tells ours apart.
        bool endsWithZero = bytes is [.., 0];
        if (bytes.Length > (endsWithZero ? LargestExactText : LargestSlot - ShareableListLayout.Alignment))
        {
            throw new ArgumentException(
                $"{bytes.Length} bytes are too many for an item of a shareable list: it holds less than 10,000,000, and 999,999 if they end with a zero.",
                nameof(bytes));
        }

        return new(bytes, endsWithZero ? string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}sx") : "", code);
    }

    private static bool TryGetBytes(ReadOnlySpan<byte> slot, string format, out ReadOnlySpan<byte> bytes)
    {
        bool isExact = format.EndsWith('x');
        ReadOnlySpan<char> digits = format.AsSpan().TrimEnd('x');
        bytes = default;
        if (!digits.EndsWith("s") || !int.TryParse(digits[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > slot.Length)
        {
            return false;
        }

        bytes = isExact ? slot[..length] : slot[..length].TrimEnd((byte)0);
        return true;
    }

    private static long ToLong(IConvertible number)
    {
        try
        {
            return number.ToInt64(CultureInfo.InvariantCulture);
        }
        catch (OverflowException error)
        {
            throw new ArgumentException($"{number} does not fit into the 64 bits with sign that a shareable list has for integers.", nameof(number), error);
        }
    }

    private static byte[] Encode(string text)
    {
        try
        {
            return s_utf8.GetBytes(text);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"The text has half of a surrogate pair at {error.Index} and cannot be written as UTF-8.", nameof(text), error);
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return s_utf8.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException("The text is not UTF-8; Python cuts text that is not ASCII when it makes a list, also within a character.", error);
        }
    }
}
