using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp.Examples;

/// <summary>A producer, a filter and a consumer, one after the other.</summary>
internal static class Pipeline
{
    public static CspProcess[] Processes(int count)
    {
        using var numbers = new CspChannel<int>();
        using var odd = new CspChannel<int>();
        return
        [
            new CspProcess(Produce, numbers.CreateWriter(), count),
            new CspProcess(KeepOdd, numbers.CreateReader(), odd.CreateWriter()),
            new CspProcess(Sum, odd.CreateReader()),
        ];
    }

    private static void Produce(WriteEnd<int> numbers, int count)
    {
        for (int number = 1; number <= count; number++)
        {
            numbers.Write(number);
        }
    }

    private static void KeepOdd(ReadEnd<int> numbers, WriteEnd<int> odd)
    {
        foreach (int number in numbers.ReadAll())
        {
            if (number % 2 == 1)
            {
                odd.Write(number);
            }
        }
    }

    private static long Sum(ReadEnd<int> numbers) => numbers.ReadAll().Sum(number => (long)number);
}
