using System.Reflection;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Processes;

/// <summary>The methods that this process has been called for, by the bytes that name them.</summary>
/// <remarks>
/// Safe to use from any thread: an entry never changes, and of two that are stored in one place at the same time either will do. A table
/// of its own instead of a dictionary, whose code for such keys would be compiled when a worker starts.
/// </remarks>
internal static class KnownMethods
{
    // As many as a program calls in turn. What falls on a place that is taken replaces it, and is only found out again.
    private const int Places = 256;

    private static readonly Entry?[] s_entries = new Entry?[Places];

    /// <summary>Gives the method that was found for these bytes before, or finds it.</summary>
    public static MethodInfo Find(ReadOnlySpan<byte> name, Func<ReadOnlyMemory<byte>, MethodInfo> find)
    {
        ref Entry? place = ref s_entries[PlaceOf(name)];
        if (Volatile.Read(ref place) is { } entry && name.SequenceEqual(entry.Name))
        {
            return entry.Method;
        }

        byte[] copy = name.ToArray();
        MethodInfo method = find(copy);
        Volatile.Write(ref place, new Entry(copy, method));
        return method;
    }

    /// <summary>Methods of one type differ in a few bytes only, so each counts.</summary>
    private static int PlaceOf(ReadOnlySpan<byte> name)
    {
        ulong hash = (ulong)name.Length;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(name))
        {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15;
        }

        foreach (byte rest in name[(name.Length & ~7)..])
        {
            hash = (hash ^ rest) * 0x9E3779B97F4A7C15;
        }

        return (int)(hash >> 56);
    }

    private sealed record Entry(byte[] Name, MethodInfo Method);
}
