using IpcDemos.Bench.Harness;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Bench.Rows;

/// <summary>Calls of objects that a server process hosts.</summary>
internal static class ManagerRows
{
    private const string Script = "manager_rows.py";
    private const int Calls = 50_000;
    private const int PythonCalls = 10_000;
    private const int Window = 256;

    public static IEnumerable<BenchmarkRow> All(PythonInterpreter python) =>
    [
        Row("list-append", "append to a list", python, static manager => manager.CreateList<int>(), static list => list.Add(1)),
        Row("list-get", "read an item of a list", python, static manager => manager.CreateList([1, 2, 3]), static list => _ = list[1]),
        Row("namespace-set", "set an attribute", python, static manager => manager.CreateNamespace(), static space => space.Set("x", 1)),
        new(
            "manager/namespace-get-pipelined",
            $"read an attribute of a namespace, {Window} calls in flight",
            Unit.OperationsPerSecond,
            Contender.Ours(Pipelined),
            python.Contender("CPython, one at a time", Script, "namespace_get", PythonCalls)),
        new(
            "manager/create-and-drop",
            "create a list and let it go",
            Unit.Microseconds,
            Contender.Ours(() => OfManager(manager => Timing.PerIteration(Calls / 10, () => manager.CreateList<int>().Dispose()) * 1e6)),
            python.Contender("CPython", Script, "create_and_drop", PythonCalls / 50)),
        new(
            "manager/start-and-stop",
            "start a server and shut it down",
            Unit.Milliseconds,
            Contender.Ours(() => Timing.MedianOf(10, () => Manager.Start().Dispose()) * 1e3),
            python.Contender("CPython fork", Script, "start_and_stop", 10),
            python.Contender("CPython spawn", Script, "start_and_stop_spawn", 10)),
        .. new[] { 1, 2, 4, 8, 32 }.Select(clients => new BenchmarkRow(
            $"manager/clients-{clients}",
            $"read an attribute of a namespace, one call at a time, from {clients} processes; all their calls together",
            Unit.OperationsPerSecond,
            Contender.Ours(() => OfClients(clients)),
            python.Contender("CPython", Script, "clients", clients, PythonCalls))),
    ];

    private static BenchmarkRow Row<T>(string name, string work, PythonInterpreter python, Func<Manager, T> create, Action<T> call)
        where T : ManagerProxy => new(
        "manager/" + name,
        work + ", one call at a time",
        Unit.OperationsPerSecond,
        Contender.Ours(() => OfManager(manager =>
        {
            using T proxy = create(manager);
            return 1 / Timing.PerIteration(Calls, () => call(proxy));
        })),
        python.Contender("CPython", Script, name.Replace('-', '_'), PythonCalls));

    private static double OfManager(Func<Manager, double> measure)
    {
        using Manager manager = Manager.Start();
        return measure(manager);
    }

    private static double Pipelined() => OfManager(manager =>
    {
        using SharedNamespace space = manager.CreateNamespace();
        space.Set("x", 1);
        var calls = new Task<int>[Window];
        return Window / Timing.PerIteration(Calls * 20 / Window, () =>
        {
            for (int call = 0; call < Window; call++)
            {
                calls[call] = space.GetAsync<int>("x");
            }

            Task.WaitAll(calls);
        });
    });

    private static double OfClients(int clients) => OfManager(manager =>
    {
        using SharedNamespace space = manager.CreateNamespace();
        space.Set("x", 1);
        (Connection Control, WorkerProcess Worker)[] workers = [.. Enumerable.Range(0, clients).Select(_ => StartClient(space))];
        int each = Calls / clients;
        double seconds = Timing.PerIteration(1, () =>
        {
            foreach ((Connection control, _) in workers)
            {
                control.Send(each);
            }

            foreach ((Connection control, _) in workers)
            {
                _ = control.Receive<bool>();
            }
        }, clients + 1);
        foreach ((Connection control, WorkerProcess worker) in workers)
        {
            control.Dispose();
            worker.Dispose();
        }

        return each * clients / seconds;
    });

    private static (Connection Control, WorkerProcess Worker) StartClient(SharedNamespace space)
    {
        var (control, there) = Pipe.Create();
        WorkerProcess worker = WorkerProcess.Create(Read, space, there);
        worker.Start();
        return (control, worker);
    }

    private static void Read(SharedNamespace space, Connection control)
    {
        try
        {
            while (true)
            {
                for (int calls = control.Receive<int>(); calls > 0; calls--)
                {
                    _ = space.Get<int>("x");
                }

                control.Send(true);
            }
        }
        catch (ConnectionClosedException)
        {
        }
    }
}
