using System.Globalization;
using System.Runtime.Versioning;
using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>Reads /proc.</summary>
[SupportedOSPlatform("linux")]
internal static class LinuxProcessTable
{
    public static IEnumerable<ProcessEntry> Find(string marker)
    {
        byte[] pattern = Encoding.UTF8.GetBytes($"\0{marker}\0");
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
            {
                continue;
            }

            byte[] commandLine;
            string status;
            try
            {
                commandLine = File.ReadAllBytes($"{directory}/cmdline");
                if (commandLine.AsSpan().IndexOf(pattern) < 0)
                {
                    continue;
                }

                status = File.ReadAllText($"{directory}/status");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                continue; // it ended meanwhile, or is another user's
            }

            if (Field(status, "Uid:") == UserId.Current)
            {
                string[] arguments = Encoding.UTF8.GetString(commandLine).TrimEnd('\0').Split('\0');
                yield return new ProcessEntry(processId, (int)Field(status, "PPid:"), arguments);
            }
        }
    }

    private static uint Field(string status, string name)
    {
        int start = status.IndexOf('\n' + name, StringComparison.Ordinal) + 1 + name.Length;
        string value = status[start..status.IndexOf('\n', start)].TrimStart();
        return uint.Parse(value.Split('\t', ' ')[0], CultureInfo.InvariantCulture);
    }
}
