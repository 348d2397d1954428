using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using MessagePack;
using Microsoft.Extensions.Logging;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// The worker's side: fetches one call from the creator, runs it, reports, and ends when it has ended, or when the creator has.
/// </summary>
public static class WorkerHost
{
    /// <summary>The first argument of every worker's command line; behind it an address, the worker's name and what it runs.</summary>
    internal const string Marker = "--ipcdemos-worker";

    private static readonly TaskCompletionSource<byte[]?> s_call = new();
    private static ControlChannel? s_control;

    /// <summary>Whether this program said that it can be its own worker, by calling <see cref="RunIfWorker"/>.</summary>
    internal static bool HostsItself { get; private set; }

    /// <summary>
    /// If this process was started as a worker, runs its call and does not return; otherwise returns at once and remembers that
    /// this program can be re-run as its own worker. For programs that have no worker executable beside them: single-file and
    /// self-contained ones. Must be the first line of <c>Main</c>, so that nothing of the program runs twice.
    /// </summary>
    /// <param name="args">The program's arguments.</param>
    public static void RunIfWorker(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        HostsItself = true;
        if (args.Length > 0 && args[0] == Marker)
        {
            Environment.Exit(Run(args));
        }
    }

    /// <summary>Runs the call that the arguments lead to. The whole of a worker executable's <c>Main</c>.</summary>
    /// <param name="args">The command line that <see cref="WorkerProcess"/> starts workers with.</param>
    /// <returns>The exit code: 0, or 1 after an unhandled exception, which is then on standard error.</returns>
    public static int Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.AsSpan(Math.Max(Array.IndexOf(args, Marker), 0)) is not [Marker, var address, ..])
        {
            Console.Error.WriteLine(
                "This program runs calls for a coordinator, which starts it. There is nothing to do for people who start it by hand.");
            return 2;
        }

        ProcessSignals.LeadOwnGroup();
        WorkerLauncher.ForgetSettings();
        StandardText.UseUtf8();
        bool isSpare = args is [_, _, WorkerSpares.Name, ..];
        if (isSpare)
        {
            WorkerRehearsal.Run();
        }

        try
        {
            s_control = new ControlChannel(PrivateListener.Connect(address));
        }
        catch (IOException)
        {
            return ExitCodes.Orphaned; // the creator was gone before this process was ready: the same as going later
        }

        // Started before there is a call: a spare has nothing left to do then but to run it.
        new Thread(FollowCreator) { IsBackground = true, Name = "IpcDemos control" }.Start();
        if (s_call.Task.GetAwaiter().GetResult() is not { } call)
        {
            return ExitCodes.Orphaned;
        }

        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => EndUnhandled((Exception)unhandled.ExceptionObject);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => SayGoodbye();
        Environment.ExitCode = RunCall(call, isSpare);
        return Environment.ExitCode;
    }

    private static int RunCall(ReadOnlyMemory<byte> frame, bool wasSpare)
    {
        try
        {
            var reader = new MessagePackReader(frame);
            Prepare(Preparation.Read(ref reader));
            DependencyResolution.Enable(reader.ReadString()!);
            Call call = new CallReader(null).ReadCall(ref reader);
            if (wasSpare)
            {
                WorkerTitle.Begin(ProcessTree.Current.Name);
                WorkerTitle.Show(CallShape.Of(call.Method).Title);
            }

            ProcessLog.CallingRun();
            object? result = call.Run();
            if (call.ResultType != typeof(void))
            {
                Send(ControlMessage.Result, (ref MessagePackWriter writer) => MessageSerializer.Write(ref writer, call.ResultType, result));
            }

            ProcessTree.End();
            return 0;
        }
        catch (Exception error)
        {
            ReportUnhandled(error);
            return ExitCodes.UnhandledException;
        }
    }

    private static void Prepare(Preparation preparation)
    {
        ProcessTree.Become(preparation);
        ProcessLog.ProcessName = preparation.Name;
        if (preparation.LogLevel is { } level)
        {
            ProcessLog.Level = (LogLevel)level;
            _ = preparation.LogsToStandardError ? ProcessLog.LogToStandardError() : ProcessLog.GetLogger();
        }
    }

    /// <summary>
    /// Takes the call from the creator and listens to it for as long as it lives; then ends this process, whatever its call is doing.
    /// </summary>
    private static void FollowCreator()
    {
        byte[]? call = s_control!.Receive()?.ToArray();
        s_call.SetResult(call);
        if (call is null)
        {
            return;
        }

        while (s_control!.Receive() is { } frame)
        {
            var reader = new MessagePackReader(frame);
            _ = reader.ReadArrayHeader();
            if ((ControlMessage)reader.ReadInt32() == ControlMessage.Stop && !WorkerProcess.TryRequestStop())
            {
                Environment.Exit(ProcessSignals.StatusBase + ProcessSignals.Terminate);
            }
        }

        if (!OperatingSystem.IsWindows() && ProcessTree.Parent is { } creator)
        {
            PrivateDirectory.SweepAfter(creator.ProcessId);
            RuntimeFiles.RemoveOf(creator.ProcessId);
        }

        ProcessSignals.ExitNow(ExitCodes.Orphaned);
    }

    /// <summary>An exception that no thread caught: what would be an abort with a core dump ends as Python's workers do.</summary>
    private static void EndUnhandled(Exception error)
    {
        ReportUnhandled(error);
        Send(ControlMessage.Exiting, static (ref MessagePackWriter writer) => writer.Write(ExitCodes.UnhandledException));
        ProcessSignals.ExitNow(ExitCodes.UnhandledException);
    }

    private static void ReportUnhandled(Exception error)
    {
        RemoteError description = RemoteError.From(error);
        Send(ControlMessage.Error, (ref MessagePackWriter writer) => MessageSerializer.Write(ref writer, description));
        ProcessTree.End();
        Console.Error.Write($"Process {ProcessTree.Current.Name}:{Environment.NewLine}{error}{Environment.NewLine}");
        Console.Error.Flush();
    }

    private static void SayGoodbye()
    {
        ProcessTree.End();
        int exitCode = Environment.ExitCode;
        ProcessLog.Exiting(exitCode);
        Send(ControlMessage.Exiting, (ref MessagePackWriter writer) => writer.Write(exitCode));
    }

    private static void Send(ControlMessage message, MessageBody write)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            var writer = new MessagePackWriter(buffer);
            writer.WriteArrayHeader(2);
            writer.Write((int)message);
            write(ref writer);
            writer.Flush();
            _ = s_control!.TrySend(buffer.Frame.Span); // a creator that is gone needs no report
        }
        finally
        {
            buffer.Return();
        }
    }

    private delegate void MessageBody(ref MessagePackWriter writer);
}
