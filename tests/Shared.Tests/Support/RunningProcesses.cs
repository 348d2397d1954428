using System.Globalization;
using System.Text;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Tests.Support;

/// <summary>
/// Finds the processes that come from a test, or from the whole run, by a variable in their environment: it is inherited by all
/// descendants, also by those whose parents are dead.
/// </summary>
internal static class RunningProcesses
{
    public static List<ProcessIdentity> With(string variable, string value)
    {
        byte[] pattern = Encoding.UTF8.GetBytes($"{variable}={value}\0");
        var found = new List<ProcessIdentity>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                && processId != Environment.ProcessId
                && Read($"{directory}/environ").AsSpan().IndexOf(pattern) >= 0
                && ProcessIdentity.Of(processId) is { } identity)
            {
                found.Add(identity);
            }
        }

        return found;
    }

    /// <summary>Waits until none is left of them, also none that they start meanwhile; returns those that do not go in time.</summary>
    public static async Task<List<ProcessIdentity>> WaitUntilGoneAsync(Func<List<ProcessIdentity>> find, TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        while (true)
        {
            List<ProcessIdentity> left = find();
            if (left.Count == 0 || patience.IsCancellationRequested)
            {
                return left;
            }

            await EndOfAsync(left[0]).WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public static Task EndOfAsync(ProcessIdentity process)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ProcessWatch.On(process).Subscribe(() => ended.TrySetResult());
        return ended.Task;
    }

    /// <summary>For a failure's message: the command line of a process.</summary>
    public static string Describe(ProcessIdentity process) => OperatingSystem.IsWindows()
        ? $"{process.ProcessId}"
        : $"{process.ProcessId}: {Encoding.UTF8.GetString(Read($"/proc/{process.ProcessId}/cmdline")).Replace('\0', ' ')}";

    private static byte[] Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return []; // it has ended, or is another user's
        }
    }
}
