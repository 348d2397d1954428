using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp.Examples;

/// <summary>A process per prime, each of which lets pass what its prime does not divide.</summary>
internal static class PrimeSieve
{
    public static CspProcess[] Processes(int limit, WriteEnd<Prime> primes)
    {
        using var numbers = new CspChannel<int>();
        return
        [
            new CspProcess(Count, numbers.CreateWriter(), limit),
            new CspProcess(Sieve, numbers.CreateReader(), primes),
        ];
    }

    private static void Count(WriteEnd<int> numbers, int limit)
    {
        for (int number = 2; number <= limit; number++)
        {
            numbers.Write(number);
        }
    }

    private static async Task Sieve(ReadEnd<int> numbers, WriteEnd<Prime> primes)
    {
        int prime = numbers.Read();
        primes.Write(new Prime(prime, Environment.ProcessId));

        // The next process has the end for the primes from here on, and passes it on in its turn.
        using var others = new CspChannel<int>();
        WriteEnd<int> rest = others.CreateWriter();
        Task next = Network.Spawn(new CspProcess(Sieve, others.CreateReader(), primes));
        foreach (int number in numbers.ReadAll())
        {
            if (number % prime != 0)
            {
                rest.Write(number);
            }
        }

        rest.Retire();
        await next;
    }

    public sealed record Prime(int Number, int ProcessId);
}
