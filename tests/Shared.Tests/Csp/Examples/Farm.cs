using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp.Examples;

/// <summary>Workers that share the tasks of one channel and write their results to another.</summary>
internal static class Farm
{
    public static CspProcess[] Processes(int workers, int tasks)
    {
        using var work = new CspChannel<int>();
        using var results = new CspChannel<(int Number, int Square)>();
        return
        [
            new CspProcess(HandOut, work.CreateWriter(), tasks),
            .. Enumerable.Range(0, workers).Select(_ => new CspProcess(Work, work.CreateReader(), results.CreateWriter())),
            new CspProcess(Collect, results.CreateReader()),
        ];
    }

    private static void HandOut(WriteEnd<int> work, int tasks)
    {
        for (int number = 1; number <= tasks; number++)
        {
            work.Write(number);
        }
    }

    private static void Work(ReadEnd<int> work, WriteEnd<(int Number, int Square)> results)
    {
        foreach (int number in work.ReadAll())
        {
            results.Write((number, number * number));
        }
    }

    private static Dictionary<int, int> Collect(ReadEnd<(int Number, int Square)> results) =>
        results.ReadAll().ToDictionary(result => result.Number, result => result.Square);
}
