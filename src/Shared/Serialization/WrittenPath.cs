using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace IpcDemos.Shared.Serialization;

/// <summary>Names the way to a value that could not be written, out of the values that an exception passed on its way out.</summary>
internal static class WrittenPath
{
    private const int MaximumSegments = 12;

    /// <param name="root">The declared type of the whole.</param>
    /// <param name="steps">What was noted, innermost first.</param>
    /// <param name="isCycle">Whether the way leads back to a value that it has already passed; the path ends there.</param>
    public static string Of(Type root, List<FailureStep> steps, out bool isCycle)
    {
        var path = new StringBuilder(TypeName.Of(root));
        var passed = new HashSet<object>(ReferenceEqualityComparer.Instance);
        object? parent = null;
        Type? parentType = null;
        string? member = null;
        int segments = 0;
        isCycle = false;
        for (int i = steps.Count - 1; i >= 0 && !isCycle; i--)
        {
            if (steps[i].Segment is { } segment)
            {
                member = segment;
                continue;
            }

            object? value = steps[i].Value;
            if (value is not null && ReferenceEquals(parent, value) && steps[i].Type != parentType)
            {
                // The same value a second time, no part of it: first as the interface it is declared as, then as its own type.
                parentType = steps[i].Type;
                continue;
            }

            // Past a dozen segments only the search for a cycle still needs to go on.
            if (parent is not null && segments++ < MaximumSegments)
            {
                path.Append(member ?? SegmentTo(parent, value));
            }

            isCycle = value is not null and not ValueType and not string && !passed.Add(value);
            (parent, parentType) = (value, steps[i].Type);
            member = null;
        }

        if (segments > MaximumSegments)
        {
            path.Append('…');
        }

        return path.Append(member).ToString();
    }

    private static string SegmentTo(object parent, object? child)
    {
        try
        {
            return parent switch
            {
                IDictionary dictionary => SegmentTo(dictionary, child),
                ITuple tuple => SegmentTo(tuple, child),
                Array { Rank: > 1 } => "",
                // A sequence that is computed as it is read must not be run a second time only to describe an error.
                ICollection items => SegmentTo(items, child),
                IEnumerable => "[]",
                _ => SegmentToMember(parent, child),
            };
        }
        catch (Exception)
        {
            // This describes another error; a property that throws here must not hide it.
            return "";
        }
    }

    private static string SegmentTo(IDictionary dictionary, object? child)
    {
        foreach (DictionaryEntry entry in dictionary)
        {
            if (IsSame(entry.Value, child) || IsSame(entry.Key, child))
            {
                return string.Create(CultureInfo.InvariantCulture, $"[{entry.Key}]");
            }
        }

        return "[]";
    }

    private static string SegmentTo(ITuple tuple, object? child)
    {
        for (int i = 0; i < tuple.Length; i++)
        {
            if (IsSame(tuple[i], child))
            {
                return $".Item{i + 1}";
            }
        }

        return "";
    }

    private static string SegmentTo(IEnumerable items, object? child)
    {
        int index = 0;
        foreach (object? item in items)
        {
            if (IsSame(item, child))
            {
                return $"[{index}]";
            }

            index++;
        }

        return "[]";
    }

    private static string SegmentToMember(object parent, object? child)
    {
        const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (PropertyInfo property in parent.GetType().GetProperties(Instance))
        {
            if (property.CanRead && property.GetIndexParameters().Length == 0 && IsSame(property.GetValue(parent), child))
            {
                return "." + property.Name;
            }
        }

        foreach (FieldInfo field in parent.GetType().GetFields(Instance))
        {
            if (IsSame(field.GetValue(parent), child))
            {
                return "." + field.Name;
            }
        }

        return "";
    }

    private static bool IsSame(object? part, object? child) =>
        ReferenceEquals(part, child) || (child is ValueType && child.Equals(part));
}
