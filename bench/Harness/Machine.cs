using System.Runtime.InteropServices;

namespace IpcDemos.Bench.Harness;

/// <summary>Where a run took place.</summary>
internal sealed record Machine(string Processor, int LogicalProcessors, string System, string Runtime, string Python)
{
    public static Machine Current(PythonInterpreter python) => new(
        ProcessorName(), Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
        python.Version);

    private static string ProcessorName()
    {
        const string Source = "/proc/cpuinfo";
        string? line = File.Exists(Source)
            ? File.ReadLines(Source).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
