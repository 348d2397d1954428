using System.Diagnostics;
using System.Reflection;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>What workers do, however they are hosted: each private method is a check, run by its name, that throws if it fails.</summary>
public static class HostingContract
{
    public static IEnumerable<string> Checks => typeof(HostingContract)
        .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Where(method => method.Name.Contains('_', StringComparison.Ordinal) && !method.Name.Contains('<', StringComparison.Ordinal))
        .Select(method => method.Name);

    public static int Run(string[] args)
    {
        MethodInfo check = typeof(HostingContract).GetMethod(args[0], BindingFlags.Static | BindingFlags.NonPublic)
            ?? throw new ArgumentException($"There is no check '{args[0]}'.", nameof(args));
        ((Task)check.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, [], culture: null)!).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task A_static_method_runs_in_another_process() =>
        Check(await ResultOf<int>(WorkerProcess.Create(OwnProcessId)) != Environment.ProcessId);

    private static async Task Captured_variables_and_types_of_the_program_travel()
    {
        var item = new Item("hammer", 3);
        int factor = 2;
        Item result = await ResultOf<Item>(WorkerProcess.Create(() => item with { Count = item.Count * factor }));
        Check(result == new Item("hammer", 6));
    }

    private static async Task Generic_and_asynchronous_methods_run() =>
        Check(await ResultOf<string>(WorkerProcess.Create(DescribeLater, new List<Item> { new("nail", 100) })) == "List`1 of 1");

    private static async Task Arguments_have_defaults()
    {
        await using var worker = new WorkerProcess(Greet);
        worker.Start();
        Check(await worker.ResultAsync<string>() == "Hello, world");
    }

    private static async Task An_exception_is_told_with_its_stack()
    {
        await using var worker = new WorkerProcess(Fail) { StandardError = WorkerOutput.Discard };
        worker.Start();
        try
        {
            _ = await worker.ResultAsync<int>();
        }
        catch (RemoteException error)
        {
            Check(error.Error.TypeName == typeof(FormatException).FullName);
            Check(error.Error.StackTrace!.Contains(nameof(Fail), StringComparison.Ordinal));
            Check(worker.ExitCode == 1);
            return;
        }

        Check(false);
    }

    private static async Task Exit_codes_are_told()
    {
        Check(await EndOf(WorkerProcess.Create(() => { })) == 0);
        Check(await EndOf(WorkerProcess.Create(Environment.Exit, 7)) == 7);
        Check(await EndOf(WorkerProcess.Create(Environment.Exit, 137)) == 137);
    }

    private static async Task Workers_can_be_stopped()
    {
        var (here, there) = Pipe.Create();
        using (here)
        await using (var worker = WorkerProcess.Create(UntilStopped, there))
        {
            worker.Start();
            Check(await here.ReceiveAsync<bool>());
            worker.Terminate();
            Check(await worker.ResultAsync<string>() == "stopped in order");
        }

        await using var killed = WorkerProcess.Create(WaitForEver);
        killed.Start();
        killed.Kill();
        await killed.JoinAsync();
        Check(killed.ExitCode == -9);
    }

    private static async Task Workers_start_workers()
    {
        string names = await ResultOf<string>(WorkerProcess.Create(RunChild));
        Check(names == "MainProcess > Process-1 > Process-1:1");
    }

    private static async Task Connections_are_passed()
    {
        foreach (PipeTransport transport in Enum.GetValues<PipeTransport>())
        {
            var (here, there) = Pipe.Create(duplex: true, transport);
            using (here)
            await using (var worker = WorkerProcess.Create(connection => connection.Send(connection.Receive<Item>()), there))
            {
                worker.Start();
                here.Send(new Item("saw", 1));
                Check(await here.ReceiveAsync<Item>() == new Item("saw", 1));
            }
        }
    }

    private static async Task Running_workers_are_listed()
    {
        await using var worker = WorkerProcess.Create(WaitForEver);
        worker.Start();
        Check(ProcessRegistry.List().Any(one =>
            one.ProcessId == worker.ProcessId && one.Name == "Process-1" && one.Call == "HostingContract.WaitForEver"));
    }

    private static async Task A_pool_maps_and_survives_a_death()
    {
        await using var pool = new ProcessPool(2);
        int[] numbers = [.. Enumerable.Range(0, 1000)];
        int factor = 3;
        Check((await pool.MapAsync(number => number * factor, numbers)).SequenceEqual(numbers.Select(number => number * 3)));
        WorkerDiedException? death = null;
        try
        {
            _ = await pool.Submit(KillSelf);
        }
        catch (WorkerDiedException error)
        {
            death = error;
        }

        Check(death?.Task == "HostingContract.KillSelf");
        Check((await pool.MapAsync(number => number * factor, numbers)).SequenceEqual(numbers.Select(number => number * 3)));
    }

    private static int OwnProcessId() => Environment.ProcessId;

    private static async Task<string> DescribeLater<T>(List<T> list)
    {
        await Task.Yield();
        return $"{list.GetType().Name} of {list.Count}";
    }

    private static string Greet(string greeting = "Hello", string whom = "world") => $"{greeting}, {whom}";

    private static int Fail() => throw new FormatException("as told");

    private static int KillSelf()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static string UntilStopped(Connection connection)
    {
        CancellationToken stop = WorkerProcess.StopRequested;
        connection.Send(true);
        return stop.WaitHandle.WaitOne() ? "stopped in order" : "";
    }

    private static void WaitForEver() => _ = new ManualResetEvent(false).WaitOne();

    private static async Task<string> RunChild() =>
        $"{WorkerProcess.Parent!.Name} > {WorkerProcess.Current.Name} > {await ResultOf<string>(WorkerProcess.Create(() => WorkerProcess.Current.Name))}";

    private static async Task<TResult> ResultOf<TResult>(WorkerProcess worker)
    {
        await using (worker)
        {
            worker.Start();
            return await worker.ResultAsync<TResult>();
        }
    }

    private static async Task<int?> EndOf(WorkerProcess worker)
    {
        await using (worker)
        {
            worker.Start();
            await worker.JoinAsync();
            return worker.ExitCode;
        }
    }

    private static void Check(bool condition, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Does not hold: {text}");
        }
    }

    public sealed record Item(string Name, int Count);
}
