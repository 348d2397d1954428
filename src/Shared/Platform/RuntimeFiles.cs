using System.Globalization;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// The files in the temporary folder at which debuggers and diagnostic tools find a .NET process on Unix. The runtime removes its
/// own when it ends in order; after a kill they stay, unless somebody who knows of the death removes them.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static class RuntimeFiles
{
    private static readonly string[] s_prefixes = ["clr-debug-pipe-", "dotnet-diagnostic-"];

    /// <summary>Removes those of a process that has ended, or is about to with no more ado.</summary>
    public static void RemoveOf(int processId)
    {
        foreach (string prefix in s_prefixes)
        {
            string pattern = string.Create(CultureInfo.InvariantCulture, $"{prefix}{processId}-*");
            foreach (string file in Directory.EnumerateFiles(Path.GetTempPath(), pattern))
            {
                try
                {
                    File.Delete(file);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // Somebody else has removed it, or it belongs to another user's process of that number.
                }
            }
        }
    }
}
