using System.Reflection;
using IpcDemos.Shared.Processes;

// TestWorker <command> [arguments]: each command is a class of that name in Commands/, with a static Run(string[]).
// In front of it, --self-hosted makes this program its own worker, as a single-file program would be.
if (args is [WorkerHost.Marker, ..])
{
    WorkerHost.RunIfWorker(args);
}
else if (args is ["--self-hosted", ..])
{
    args = args[1..];
    WorkerHost.RunIfWorker(args);
}

MethodInfo? run = args.Length > 0
    ? Assembly.GetExecutingAssembly().GetType($"IpcDemos.TestWorker.Commands.{args[0]}")?.GetMethod("Run", [typeof(string[])])
    : null;
if (run is null)
{
    Console.Error.WriteLine($"There is no command '{string.Join(' ', args)}'.");
    return 2;
}

return (int)run.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, [args[1..]], culture: null)!;
