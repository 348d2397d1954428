using CliWrap;
using CliWrap.Buffered;

namespace IpcDemos.Interop.Tests.Memory;

/// <summary>Runs a Python script that needs nothing but Python. A test that uses it is skipped where there is none.</summary>
internal static class PythonProgram
{
    // Attaching registers the block with Python's resource tracker, which would remove it when the script ends.
    private const string Prelude =
        """
        import sys
        from multiprocessing import resource_tracker, shared_memory
        def attach(name):
            block = shared_memory.SharedMemory(name)
            if sys.platform != 'win32':
                resource_tracker.unregister(block._name, 'shared_memory')
            return block
        def attach_list(name):
            items = shared_memory.ShareableList(name=name)
            if sys.platform != 'win32':
                resource_tracker.unregister(items.shm._name, 'shared_memory')
            return items

        """;

    /// <summary>Returns what the script prints.</summary>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        BufferedCommandResult result;
        try
        {
            result = await Cli.Wrap("python3")
                .WithArguments(["-c", Prelude + script, .. arguments])
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            Assert.Skip($"There is no python3 here: {error.Message}");
            throw;
        }

        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput.ReplaceLineEndings("\n").TrimEnd('\n');
    }
}
