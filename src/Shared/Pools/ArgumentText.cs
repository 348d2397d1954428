using System.Collections;
using System.Globalization;
using System.Text;
using IpcDemos.Shared.Processes;

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
        int before = text.Length;
        try
        {
            AppendInWords(text, value);
        }
        catch (Exception)
        {
            // The program's own ToString or indexer throws, or somebody changes the list right now: its type has to do.
            text.Length = before;
            _ = text.Append(value!.GetType().Name);
        }
    }

    private static void AppendInWords(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                _ = text.Append("null");
                break;
            case string given:
                _ = text.Append('"').Append(given.AsSpan(0, Math.Min(given.Length, MaximumLength))).Append('"');
                break;
            case Array { Rank: > 1 } array:
                AppendLengths(text, array);
                break;
            case Delegate call:
                _ = text.Append(CallBinder.Describe(call));
                break;
            case IList list:
                _ = text.Append('[');
                AppendAll(text, list, MaximumElements);
                _ = text.Append(']');
                break;
            default:
                _ = text.Append(Convert.ToString(value, CultureInfo.InvariantCulture) ?? value.GetType().Name);
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

    private static void AppendLengths(StringBuilder text, Array array) => text
        .Append(array.GetType().GetElementType()!.Name)
        .Append('[')
        .AppendJoin(", ", Enumerable.Range(0, array.Rank).Select(array.GetLength))
        .Append(']');
}
