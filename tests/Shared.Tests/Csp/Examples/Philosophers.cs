using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp.Examples;

/// <summary>Philosophers at a round table, who need two of its forks to eat.</summary>
internal static class Philosophers
{
    public static CspProcess[] Processes(int philosophers, int meals)
    {
        CspChannel<int>[] forks = [.. Enumerable.Range(0, philosophers).Select(_ => new CspChannel<int>(capacity: 1))];
        CspProcess[] all =
            [.. forks.Select((left, seat) => Philosopher(left, right: forks[(seat + 1) % philosophers], seat, meals))];
        for (int fork = 0; fork < philosophers; fork++)
        {
            using WriteEnd<int> table = forks[fork].CreateWriter();
            table.Write(fork);
            forks[fork].Dispose();
        }

        return all;
    }

    // If everybody took the left fork first, all could hold one and wait for ever. One who begins on the right breaks the circle.
    private static CspProcess Philosopher(CspChannel<int> left, CspChannel<int> right, int seat, int meals)
    {
        (CspChannel<int> first, CspChannel<int> second) = seat == 0 ? (right, left) : (left, right);
        return new CspProcess(Dine, first.CreateReader(), first.CreateWriter(), second.CreateReader(), second.CreateWriter(), meals);
    }

    private static int Dine(ReadEnd<int> takeFirst, WriteEnd<int> putFirst, ReadEnd<int> takeSecond, WriteEnd<int> putSecond, int meals)
    {
        int eaten = 0;
        while (eaten < meals)
        {
            int first = takeFirst.Read();
            int second = takeSecond.Read();
            eaten++;
            putSecond.Write(second);
            putFirst.Write(first);
        }

        return eaten;
    }
}
