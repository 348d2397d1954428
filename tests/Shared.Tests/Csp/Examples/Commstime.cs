using System.Diagnostics;
using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp.Examples;

/// <summary>Numbers going round in a ring of three processes, of which a fourth gets a copy: what a communication costs.</summary>
internal static class Commstime
{
    public static CspProcess[] Processes(int rounds)
    {
        using var a = new CspChannel<int>();
        using var b = new CspChannel<int>();
        using var c = new CspChannel<int>();
        using var d = new CspChannel<int>();
        return
        [
            new CspProcess(Prefix, 0, c.CreateReader(), a.CreateWriter()),
            new CspProcess(Delta, a.CreateReader(), b.CreateWriter(), d.CreateWriter()),
            new CspProcess(Successor, b.CreateReader(), c.CreateWriter()),
            new CspProcess(Consume, d.CreateReader(), rounds),
        ];
    }

    private static void Prefix(int first, ReadEnd<int> from, WriteEnd<int> to)
    {
        to.Write(first);
        foreach (int number in from.ReadAll())
        {
            to.Write(number);
        }
    }

    private static void Delta(ReadEnd<int> from, WriteEnd<int> one, WriteEnd<int> other)
    {
        foreach (int number in from.ReadAll())
        {
            one.Write(number);
            other.Write(number);
        }
    }

    private static void Successor(ReadEnd<int> from, WriteEnd<int> to)
    {
        foreach (int number in from.ReadAll())
        {
            to.Write(number + 1);
        }
    }

    private static (int Last, double MicrosecondsPerCommunication) Consume(ReadEnd<int> from, int rounds)
    {
        int last = from.Read();
        long start = Stopwatch.GetTimestamp();
        for (int round = 1; round < rounds; round++)
        {
            last = from.Read();
        }

        from.Poison();
        return (last, Stopwatch.GetElapsedTime(start).TotalMicroseconds / rounds / 4);
    }
}
