using System.Diagnostics;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>What the tests have pools run.</summary>
internal static class PoolTasks
{
    public static int Double(int number) => number * 2;

    public static int Twice(this Func<int, int> call, int number) => call(call(number));

    public static int ProcessId() => Environment.ProcessId;

    public static int Exit(int code)
    {
        Console.Error.WriteLine("leaving in the middle of it");
        Environment.Exit(code);
        return 0;
    }

    public static int KillSelf()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    public static int KillSelfUnless(string path)
    {
        if (File.Exists(path))
        {
            return 42;
        }

        File.WriteAllText(path, "");
        return KillSelf();
    }

    public static int Overflow(int depth) => depth < 0 ? depth : 1 + Overflow(depth + 1) + Overflow(depth + 2);

    /// <summary>Takes all the memory that it may have.</summary>
    public static int Hoard()
    {
        AppContext.SetData("GCHeapHardLimit", 400ul << 20);
        GC.RefreshMemoryLimit();
        var all = new List<byte[]>();
        while (all.Count < 1000)
        {
            all.Add(new byte[16 << 20]);
        }

        return all.Count;
    }

    public static int Fail(int number) => number == 3 ? throw new InvalidOperationException($"not {number}") : number;

    public static int FailOddly() => throw new OddException(1, "two");

    public static object Unserializable() => new Unserializable();

    public static int Forever()
    {
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    public static int UntilCancelled(ProcessEvent started, CancellationToken cancellationToken)
    {
        started.Set();
        cancellationToken.WaitHandle.WaitOne();
        cancellationToken.ThrowIfCancellationRequested();
        return 0;
    }

    public static int ReturnWhenCancelled(ProcessEvent started, CancellationToken cancellationToken)
    {
        started.Set();
        _ = cancellationToken.WaitHandle.WaitOne();
        return 42;
    }

    public static int FailWhenCancelled(ProcessEvent started, CancellationToken cancellationToken)
    {
        _ = ReturnWhenCancelled(started, cancellationToken);
        throw new InvalidOperationException("cannot clean up");
    }

    public static int IgnoringCancellation(ProcessEvent started, CancellationToken cancellationToken)
    {
        started.Set();
        Thread.Sleep(Timeout.Infinite);
        return cancellationToken.IsCancellationRequested ? 1 : 0;
    }

    public static int WaitFor(ProcessEvent gate)
    {
        gate.Wait();
        return Environment.ProcessId;
    }

    public static int SetAndWait(ProcessEvent mine, ProcessEvent other)
    {
        mine.Set();
        other.Wait();
        return Environment.ProcessId;
    }

    public static int Meet(ProcessBarrier barrier)
    {
        _ = barrier.Wait();
        return Environment.ProcessId;
    }

    public static int WaitAndKillSelf(ProcessEvent gate)
    {
        gate.Wait();
        return KillSelf();
    }

    public static async Task<int> DoubleLater(int number)
    {
        await Task.Yield();
        return number * 2;
    }

    public static int[] Within(int[] numbers)
    {
        using var pool = new ProcessPool(2);
        return pool.Map(Double, numbers);
    }

    public static string Receive(Connection connection)
    {
        using (connection)
        {
            return connection.Receive<string>();
        }
    }

    public static void KillProcess(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        process.WaitForExit();
    }
}
