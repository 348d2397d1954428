using System.Reflection;
using System.Runtime.CompilerServices;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// What a spare does while it waits: it goes through all that comes between a call's arrival and its end, so that the code for
/// that is loaded and compiled when the call comes.
/// </summary>
internal static class WorkerRehearsal
{
    // What can only be done once, or not before there is a call: it is compiled, not run.
    private static readonly Type[] s_toCompile =
    [
        typeof(WorkerHost), typeof(ProcessTree), typeof(ProcessLog), typeof(ControlChannel), typeof(DependencyResolution),
        typeof(Call), typeof(CallBinder), typeof(KnownMethods), typeof(ProcessSignals), typeof(RemoteError), typeof(RuntimeFiles),
    ];

    public static void Run()
    {
        foreach (Type type in s_toCompile)
        {
            Compile(type);
        }

        LoadProgram();
        WorkerTitle.Begin(WorkerSpares.Name);
        WorkerTitle.Show("(waits for a call)");
        var thread = new Thread(static () => Thread.Yield()) { IsBackground = true, Name = nameof(WorkerRehearsal) };
        thread.Start();
        thread.Join();
        var (here, there) = Pipe.Create();
        using (here)
        {
            Call call = Travel(Echo, there, null, 1L);
            here.Send(1);
            _ = call.Run();
            _ = here.Receive<int>();
        }

        FrameWriter buffer = FrameWriter.Rent();
        var writer = new MessagePackWriter(buffer);
        new Preparation("", "", IsDaemon: false, ProcessTree.Current, LogLevel: null, LogsToStandardError: false).Write(ref writer);
        MessageSerializer.Write(ref writer, typeof(int), 1);
        writer.Flush();
        var reader = new MessagePackReader(buffer.Message);
        _ = Preparation.Read(ref reader);
        buffer.Return();
    }

    /// <summary>The program's own assembly, where most calls have their method. Nothing in it is run.</summary>
    private static void LoadProgram()
    {
        const string extension = ".deps.json";
        if (WorkerLauncher.DependencyFile() is { } file && file.EndsWith(extension, StringComparison.Ordinal))
        {
            try
            {
                _ = Assembly.Load(Path.GetFileName(file)[..^extension.Length]);
            }
            catch (Exception error) when (error is IOException or BadImageFormatException)
            {
                // It is called otherwise: the call names the assembly that it needs.
            }
        }
    }

    private static void Compile(Type type)
    {
        const BindingFlags all =
            BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        foreach (MethodBase method in type.GetMethods(all).Concat<MethodBase>(type.GetConstructors(all)))
        {
            // Of a call of another system there is no library to load.
            bool isNative = method.Attributes.HasFlag(MethodAttributes.PinvokeImpl);
            if (!method.IsAbstract && !method.ContainsGenericParameters && !isNative)
            {
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
        }

        foreach (Type nested in type.GetNestedTypes(BindingFlags.NonPublic))
        {
            if (!nested.ContainsGenericParameters && !nested.IsSubclassOf(typeof(Delegate)))
            {
                Compile(nested);
            }
        }
    }

    private static Call Travel(Delegate call, params object?[] arguments)
    {
        FrameWriter buffer = FrameWriter.Rent();
        try
        {
            var writer = new MessagePackWriter(buffer);
            new CallWriter().WriteCall(ref writer, call, arguments);
            writer.Flush();
            var reader = new MessagePackReader(buffer.Message);
            return new CallReader(null).ReadCall(ref reader);
        }
        finally
        {
            buffer.Return();
        }
    }

    private static void Echo(Connection connection, Action? initializer, long limit)
    {
        using (connection)
        {
            initializer?.Invoke();
            connection.Send(connection.Receive<int>() + (int)limit);
        }
    }
}
