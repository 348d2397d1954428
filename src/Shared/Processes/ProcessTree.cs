using System.Globalization;
using IpcDemos.Shared.Diagnostics;

namespace IpcDemos.Shared.Processes;

/// <summary>This process's place in its tree: who it is, who created it, and which workers it has started.</summary>
internal static class ProcessTree
{
    private static readonly Lock s_lock = new();
    private static readonly List<WorkerProcess> s_children = [];
    private static string s_identity = "";
    private static int s_lastChild;
    private static bool s_endsWithProcess;

    public static ProcessInfo Current { get; private set; } =
        new(ProcessInfo.MainProcessName, Environment.ProcessId, IsDaemon: false);

    public static ProcessInfo? Parent { get; private set; }

    /// <summary>The workers that were started here and have not ended.</summary>
    public static IReadOnlyList<WorkerProcess> ActiveChildren
    {
        get
        {
            lock (s_lock)
            {
                return [.. s_children];
            }
        }
    }

    /// <summary>This process is a worker, and this is who it is.</summary>
    public static void Become(Preparation preparation)
    {
        Current = new ProcessInfo(preparation.Name, Environment.ProcessId, preparation.IsDaemon);
        Parent = preparation.Parent;
        s_identity = preparation.Identity;
    }

    /// <summary>The next child's place: numbered as it is constructed, not as it is started.</summary>
    public static string NextIdentity()
    {
        string number = Interlocked.Increment(ref s_lastChild).ToString(CultureInfo.InvariantCulture);
        return s_identity.Length == 0 ? number : $"{s_identity}:{number}";
    }

    public static void Add(WorkerProcess child)
    {
        lock (s_lock)
        {
            s_children.Add(child);
            if (!s_endsWithProcess)
            {
                s_endsWithProcess = true;
                AppDomain.CurrentDomain.ProcessExit += (_, _) => End();
            }
        }
    }

    public static void Remove(WorkerProcess child)
    {
        lock (s_lock)
        {
            _ = s_children.Remove(child);
        }
    }

    /// <summary>
    /// What a process does about its children before it ends, as Python's does: daemons are asked to end, the others are waited
    /// for. A process that was itself asked to end waits for nobody; all its workers follow it. Called when the call has ended and
    /// again when the process does, for the children that threads of the call have started meanwhile.
    /// </summary>
    public static void End()
    {
        ProcessLog.ShuttingDown();
        bool wasAskedToEnd = Environment.ExitCode == Platform.ProcessSignals.StatusBase + Platform.ProcessSignals.Terminate;
        IReadOnlyList<WorkerProcess> children = ActiveChildren;
        foreach (WorkerProcess child in children)
        {
            if (child.IsDaemon || wasAskedToEnd)
            {
                ProcessLog.TerminatingDaemon(child.Name);
                child.Terminate();
            }
        }

        foreach (WorkerProcess child in children)
        {
            // Not Join, which would throw here if the child's output could not be delivered: nobody is left to catch it.
            ProcessLog.JoiningChild(child.Name);
            if (!child.IsDaemon && !wasAskedToEnd)
            {
                child.Sentinel.Wait();
            }
            else if (!child.Sentinel.Wait(WorkerProcess.Grace))
            {
                child.Kill();
                _ = child.Sentinel.Wait(WorkerProcess.Grace);
            }
        }

        ProcessLog.ShutDown();
    }
}
