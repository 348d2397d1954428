using System.Buffers;
using System.Collections;
using FsCheck;
using FsCheck.Fluent;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Serialization;

/// <summary>Sends values through messages and compares what arrives.</summary>
internal static class Wire
{
    /// <summary>Checks, for generated values, that what arrives equals what was sent.</summary>
    public static void Keeps<TSource, TValue>(Func<TSource, TValue> make) =>
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true), Prop.ForAll<TSource>(source => AssertKept(make(source))));

    public static void Keeps<T>() => Keeps<T, T>(static value => value);

    public static void AssertKept<T>(T value)
    {
        AssertSame(value, Copy(value));
        AssertSame(value, MessageSerializer.Deserialize<T>(Fragment(MessageSerializer.Serialize(value))));
        AssertSame(value, Copy(value, MessageOrigin.Foreign));
    }

    public static T Copy<T>(T value, MessageOrigin peer = MessageOrigin.OwnProcess) =>
        MessageSerializer.Deserialize<T>(MessageSerializer.Serialize(value, peer), peer);

    /// <summary>The message cut into segments of one byte: the worst that a transport may hand over.</summary>
    public static ReadOnlySequence<byte> Fragment(byte[] message)
    {
        var first = new Segment(message.AsMemory(0, Math.Min(1, message.Length)), null);
        Segment last = first;
        for (int i = 1; i < message.Length; i++)
        {
            last = new Segment(message.AsMemory(i, 1), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    public static void AssertSame(object? expected, object? actual)
    {
        if (expected is null || actual is null)
        {
            Assert.Equal(expected, actual);
            return;
        }

        Assert.Equal(expected.GetType(), actual.GetType());
        switch (expected)
        {
            case string:
                Assert.Equal(expected, actual);
                break;
            case IDictionary expectedEntries:
                var actualEntries = (IDictionary)actual;
                Assert.Equal(expectedEntries.Count, actualEntries.Count);
                foreach (DictionaryEntry entry in expectedEntries)
                {
                    Assert.True(actualEntries.Contains(entry.Key));
                    AssertSame(entry.Value, actualEntries[entry.Key]);
                }

                break;
            case Array { Rank: > 1 } array:
                Assert.Equal(Lengths(array), Lengths((Array)actual));
                AssertSame(array.Cast<object?>().ToArray(), ((Array)actual).Cast<object?>().ToArray());
                break;
            case IEnumerable items:
                object?[] left = [.. items.Cast<object?>()];
                object?[] right = [.. ((IEnumerable)actual).Cast<object?>()];
                Assert.Equal(left.Length, right.Length);
                for (int i = 0; i < left.Length; i++)
                {
                    AssertSame(left[i], right[i]);
                }

                break;
            default:
                Assert.Equal(expected, actual);
                break;
        }
    }

    private static int[] Lengths(Array array) => [.. Enumerable.Range(0, array.Rank).Select(array.GetLength)];

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
