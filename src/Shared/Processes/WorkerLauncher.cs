using System.Runtime.InteropServices;
using CliWrap;
using CliWrap.Builders;

namespace IpcDemos.Shared.Processes;

/// <summary>Knows how a worker of this program is started: which executable, with which arguments.</summary>
internal static class WorkerLauncher
{
    private const string WorkerName = "Worker";

    // .NET puts arrays of 85 kB and more where only a full collection frees them, into memory that the system hands out anew page by
    // page. Of those that a worker receives or makes for an answer, most live no longer than small ones, so below 4 MiB they are treated
    // alike: that is many times as quick. The number is hexadecimal.
    private const string LargeObjectVariable = "DOTNET_GCLOHThreshold";
    private const string LargeObjectThreshold = "0x400000";
    private const string LargeObjectSetting = "System.GC.LOHThreshold";

    private static readonly Lazy<(string Program, string[] Arguments)> s_beside = new(FindBeside);

    /// <summary>The command of a worker that fetches its call at <paramref name="address"/>.</summary>
    /// <param name="address">Where this process waits for it.</param>
    /// <param name="name">The worker's name, and what it runs: for those who look at the system's list of processes.</param>
    /// <param name="call">See <paramref name="name"/>.</param>
    public static Command Command(string address, string name, string call)
    {
        (string program, string[] arguments) = WorkerHost.HostsItself ? FindItself() : s_beside.Value;
        return Cli.Wrap(program)
            .WithArguments([.. arguments, WorkerHost.Marker, address, name, call])
            .WithEnvironmentVariables(SetLargeObjects)
            .WithValidation(CommandResultValidation.None);
    }

    /// <summary>Worker: the variable was for this process alone, not for the programs that it may start.</summary>
    public static void ForgetSettings()
    {
        if (Environment.GetEnvironmentVariable(LargeObjectVariable) == LargeObjectThreshold)
        {
            Environment.SetEnvironmentVariable(LargeObjectVariable, null);
        }
    }

    /// <summary>This program's list of its dependencies, which is named after it.</summary>
    public static string? DependencyFile()
    {
        string? files = AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string;
        return files?.Split(';', Path.PathSeparator).FirstOrDefault(file => File.Exists(file) && !file.Contains("Microsoft.NETCore.App"));
    }

    /// <summary>Unless the user has chosen otherwise.</summary>
    private static void SetLargeObjects(EnvironmentVariablesBuilder variables)
    {
        if (AppContext.GetData(LargeObjectSetting) is null && Environment.GetEnvironmentVariable(LargeObjectVariable) is null)
        {
            _ = variables.Set(LargeObjectVariable, LargeObjectThreshold);
        }
    }

    /// <summary>This very program, which said that it recognises a worker's arguments.</summary>
    private static (string Program, string[] Arguments) FindItself()
    {
        string program = Environment.ProcessPath
            ?? throw new InvalidOperationException("This program cannot be re-run as its own worker: the system does not tell its path.");
        bool isMuxer = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return (program, isMuxer ? ["exec", Environment.GetCommandLineArgs()[0]] : []);
    }

    /// <summary>
    /// The worker executable beside this program's files. Where the framework is shared, the host is told to use this program's
    /// own list of dependencies and settings, so that in the worker everything resolves as it does here.
    /// </summary>
    private static (string Program, string[] Arguments) FindBeside()
    {
        string worker = Path.Combine(AppContext.BaseDirectory, WorkerName + ".dll");
        string executable = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? WorkerName + ".exe" : WorkerName);
        if (!File.Exists(worker))
        {
            return File.Exists(executable)
                ? (executable, [])
                : throw new FileNotFoundException(
                    $"There is no worker executable '{worker}'. Either reference the Worker project, which puts it beside the program, "
                    + $"or make '{nameof(WorkerHost)}.{nameof(WorkerHost.RunIfWorker)}(args)' the first line of Main, "
                    + "so that the program can be its own worker.",
                    worker);
        }

        string[] resolution = DependencyFile() is { } dependencies && RuntimeSettingsFile(dependencies) is { } settings
            ? ["--depsfile", dependencies, "--runtimeconfig", settings]
            : [];
        string muxer = Path.GetFullPath(Path.Combine(
            RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

        // Self-contained: the runtime lies beside the program too. Publishing puts the worker's executable there, but not its list of
        // dependencies, so it is told to use this program's as well. Whether it also wants to be told which program to run depends
        // on the working directory; the worker skips that if it is not taken.
        return File.Exists(muxer) ? (muxer, ["exec", .. resolution, worker]) : (executable, [.. resolution, worker]);
    }

    private static string? RuntimeSettingsFile(string dependencies)
    {
        const string extension = ".deps.json";
        string settings = dependencies[..^extension.Length] + ".runtimeconfig.json";
        return File.Exists(settings) ? settings : null;
    }
}
