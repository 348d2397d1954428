using System.Collections;
using System.Globalization;
using System.Text;

namespace IpcDemos.Shared.Pools;

/// <summary>Arguments in words, for people who look for the one that a task was slow with.</summary>
internal static class ArgumentText
{
    private const int MaximumLength = 120;
    private const int MaximumElements = 5;

    /// <summary>The values, separated by commas; cut where that becomes long.</summary>
    public static string Of(object?[] values)
    {
        var text = new StringBuilder();
        AppendAll(text, values, maximum: int.MaxValue);
        return text.Length <= MaximumLength ? text.ToString() : text.ToString(0, MaximumLength - 1) + "…";
    }

    private static void Append(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                _ = text.Append("null");
                break;
            case string given:
                _ = text.Append('"').Append(given.AsSpan(0, Math.Min(given.Length, MaximumLength))).Append('"');
                break;
            case IList list:
                _ = text.Append('[');
                AppendAll(text, list, MaximumElements);
                _ = text.Append(']');
                break;
            default:
                _ = text.Append(InWords(value));
                break;
        }
    }

    private static void AppendAll(StringBuilder text, IList values, int maximum)
    {
        for (int index = 0; index < values.Count && text.Length < MaximumLength; index++)
        {
            _ = text.Append(index == 0 ? "" : ", ");
            if (index == maximum)
            {
                _ = text.Append(CultureInfo.InvariantCulture, $"… ({values.Count} in all)");
                return;
            }

            Append(text, values[index]);
        }
    }

    private static string InWords(object value)
    {
        try
        {
            return Convert.ToString(value, CultureInfo.InvariantCulture) ?? value.GetType().Name;
        }
        catch (Exception)
        {
            return value.GetType().Name; // the program's own ToString throws: its type has to do
        }
    }
}
