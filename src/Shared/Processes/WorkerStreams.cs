using System.Text;
using CliWrap;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// A worker's standard streams. Whatever happens to where its output goes (a closed terminal, a delegate that throws), the
/// worker's pipes are read to their end, so that it never blocks on them.
/// </summary>
internal sealed class WorkerStreams
{
    private const int TailLength = 4096;
    private static readonly Stream s_output = Stream.Synchronized(Console.OpenStandardOutput());
    private static readonly Stream s_error = Stream.Synchronized(Console.OpenStandardError());

    private readonly Lock _lock = new();
    private readonly Queue<byte> _tail = new();
    private readonly TaskCompletionSource _processHasEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WorkerProcess?> _owner = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _failure;

    /// <summary>What the worker wrote last on standard error.</summary>
    public string LastErrorLines
    {
        get
        {
            lock (_lock)
            {
                string text = Encoding.UTF8.GetString([.. _tail]);
                bool isCut = _tail.Count == TailLength && text.Contains('\n');
                return (isCut ? text[text.IndexOf('\n')..] : text).Trim();
            }
        }
    }

    public Command Attach(Command command) => command
        .WithStandardInputPipe(PipeSource.Create(FeedAsync))
        .WithStandardOutputPipe(Guard(static process => process.StandardOutput, s_output, watcher: null))
        .WithStandardErrorPipe(Guard(static process => process.StandardError, s_error, KeepTail));

    /// <summary>Now it is known where the streams lead; null: nowhere, and nobody ever will.</summary>
    public void Adopt(WorkerProcess? owner) => _owner.SetResult(owner);

    /// <summary>The process has ended; somebody else may still hold its pipes, but is not waited for.</summary>
    public void ProcessHasEnded() => _processHasEnded.TrySetResult();

    /// <exception cref="InvalidOperationException">A source or target that the user gave has failed.</exception>
    public void ThrowIfFailed(string name)
    {
        if (_failure is { } failure)
        {
            throw new InvalidOperationException(
                $"What the output of {name} was sent to, or its input came from, has failed: {failure.Message}", failure);
        }
    }

    private async Task FeedAsync(Stream destination, CancellationToken cancellationToken)
    {
        WorkerProcess? owner = await _owner.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (owner?.StandardInput is not { } source)
        {
            return;
        }

        var input = new WorkerInputStream(destination);
        await using (input.ConfigureAwait(false))
        {
            try
            {
                await source.CopyToAsync(input, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                ThrowIfCalledOff(error, cancellationToken);
                _failure = input.IsClosed ? _failure : error;
            }
        }
    }

    private PipeTarget Guard(Func<WorkerProcess, WorkerOutput> choose, Stream inherited, WorkerOutputStream.Watcher? watcher) =>
        PipeTarget.Create(async (source, cancellationToken) =>
        {
            WorkerProcess? owner = await _owner.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            PipeTarget? target = owner is null ? PipeTarget.Null : choose(owner).Target;
            var output = new WorkerOutputStream(source, _processHasEnded.Task, watcher);
            await using (output.ConfigureAwait(false))
            {
                try
                {
                    await (target ?? PipeTarget.ToStream(inherited)).CopyFromAsync(output, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    ThrowIfCalledOff(error, cancellationToken);

                    // This process's own standard output being closed is no fault of anybody's; a target of the user's failing is told.
                    _failure = target is null ? _failure : error;
                }

                // A target that fails, or has enough, must not leave the worker blocked on a full pipe.
                await output.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            }
        });

    // A source or a target of the user's may be cancelled by the user, which is its failure: only when the process has ended is it called off.
    private static void ThrowIfCalledOff(Exception error, CancellationToken cancellationToken)
    {
        if (error is OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void KeepTail(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (byte one in bytes[Math.Max(0, bytes.Length - TailLength)..])
            {
                if (_tail.Count == TailLength)
                {
                    _ = _tail.Dequeue();
                }

                _tail.Enqueue(one);
            }
        }
    }
}
