using System.IO.Pipelines;
using System.Threading.Channels;
using CliWrap;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>Another process that does with shared memory what the test tells it (<c>TestWorker MemoryPeer</c>).</summary>
internal sealed class MemoryPeerProcess : IAsyncDisposable
{
    private readonly Pipe _input = new();
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _kill = new();
    private readonly CommandTask<CommandResult> _process;

    private MemoryPeerProcess()
    {
        _process = Cli.Wrap(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "TestWorker.exe" : "TestWorker"))
            .WithArguments(["MemoryPeer"])
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromStream(_input.Reader.AsStream()))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line => _answers.Writer.TryWrite(line)))
            .ExecuteAsync(_kill.Token);
    }

    public int ProcessId => _process.ProcessId;

    public static async Task<MemoryPeerProcess> StartAsync()
    {
        var peer = new MemoryPeerProcess();
        Assert.Equal("ready", await peer._answers.Reader.ReadAsync());
        return peer;
    }

    /// <summary>Has a line executed and returns what came back.</summary>
    public async Task<string> AskAsync(string line)
    {
        await TellAsync(line);
        return await AnswerAsync();
    }

    /// <summary>Has a line executed without waiting for the answer.</summary>
    public async Task TellAsync(string line) => await _input.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>Returns what came back of the oldest line not answered yet.</summary>
    public async Task<string> AnswerAsync() => await _answers.Reader.ReadAsync();

    public async Task OkAsync(string line) => Assert.Equal("ok", await AskAsync(line));

    /// <summary>Kills it and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        await _kill.CancelAsync();
        try
        {
            _ = await _process;
        }
        catch (OperationCanceledException)
        {
            // That is how a process that was told to be killed ends.
        }
    }

    /// <summary>Lets it run to its end.</summary>
    public async Task<int> FinishAsync()
    {
        await _input.Writer.CompleteAsync();
        return await ExitedAsync();
    }

    /// <summary>Waits until it has ended and returns its exit code.</summary>
    public async Task<int> ExitedAsync() => (await _process).ExitCode;

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _kill.Dispose();
    }
}
