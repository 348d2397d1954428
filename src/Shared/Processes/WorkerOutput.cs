using CliWrap;

namespace IpcDemos.Shared.Processes;

/// <summary>Where a worker's standard output or standard error goes. Immutable; may be shared by many workers.</summary>
public sealed class WorkerOutput
{
    private WorkerOutput(PipeTarget? target)
    {
        Target = target;
    }

    /// <summary>To this process's own standard output or standard error, as it comes. The default.</summary>
    /// <remarks>
    /// Text comes as UTF-8. A console of Windows shows other characters than ASCII right if this process has set
    /// <see cref="Console.OutputEncoding"/> to that.
    /// </remarks>
    public static WorkerOutput Inherit { get; } = new(null);

    /// <summary>Nowhere.</summary>
    public static WorkerOutput Discard { get; } = new(PipeTarget.ToStream(Stream.Null));

    /// <summary>The pipe's target; null to inherit.</summary>
    internal PipeTarget? Target { get; }

    /// <summary>To a delegate, line by line, in order, without the line's end. It is called on a pool thread.</summary>
    /// <param name="onLine">Called once per line. The worker waits while it runs and the pipe is full.</param>
    public static WorkerOutput ToLines(Action<string> onLine)
    {
        ArgumentNullException.ThrowIfNull(onLine);
        return new(PipeTarget.ToDelegate(onLine));
    }

    /// <summary>
    /// To the standard input of another worker, as a shell's <c>|</c> does: give the output to the first worker and the input to
    /// the second. Bounded: the first waits while the second is behind; the second's input ends when the first has.
    /// </summary>
    /// <param name="input">For <see cref="WorkerProcess.StandardInput"/> of the worker that reads.</param>
    public static WorkerOutput ToInput(out PipeSource input)
    {
        var pipe = new System.IO.Pipelines.Pipe();
        input = PipeSource.FromStream(pipe.Reader.AsStream());
        return new(PipeTarget.Create(async (source, cancellationToken) =>
        {
            Exception? failure = null;
            try
            {
                await source.CopyToAsync(pipe.Writer.AsStream(leaveOpen: true), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                failure = error;
                throw;
            }
            finally
            {
                await pipe.Writer.CompleteAsync(failure).ConfigureAwait(false);
            }
        }));
    }

    /// <summary>To any target of CliWrap: a stream, a file, a string builder, several at once.</summary>
    /// <param name="target">The target.</param>
    public static WorkerOutput To(PipeTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new(target);
    }
}
