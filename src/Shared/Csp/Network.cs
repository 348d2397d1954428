using System.Runtime.ExceptionServices;

namespace IpcDemos.Shared.Csp;

/// <summary>Composes processes. To be called from anywhere, also from a process of a network.</summary>
/// <remarks>
/// A network ends when all its processes have. If one of them has died or thrown, so that the channels it used were poisoned, that is
/// what is thrown, once all have ended: <see cref="Processes.WorkerDiedException"/> and <see cref="Processes.RemoteException"/> name the
/// process. Several at once come as an <see cref="AggregateException"/>. Ending by retiring or poisoning on purpose is no error.
/// </remarks>
public static class Network
{
    /// <summary>Runs processes at the same time. Blocks until all have ended.</summary>
    /// <param name="processes">The processes.</param>
    /// <returns>What they returned, in their order; null for one that returns nothing or was ended by its channels.</returns>
    /// <exception cref="Processes.WorkerDiedException">One was killed, or crashed.</exception>
    /// <exception cref="Processes.RemoteException">One threw in its worker.</exception>
    /// <exception cref="ChannelPoisonedException">All ended by a poison that comes from a death outside of them.</exception>
    public static object?[] Parallel(params CspProcess[] processes) => ParallelAsync(processes).GetAwaiter().GetResult();

    /// <summary>Runs processes at the same time and awaits their end.</summary>
    /// <inheritdoc cref="Parallel"/>
    public static Task<object?[]> ParallelAsync(params CspProcess[] processes) => ParallelAsync(processes, CancellationToken.None);

    /// <summary>Runs processes at the same time and awaits their end.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="cancellationToken">
    /// Kills workers; poisons the channels of tasks, and cancels the token that they take. This then throws
    /// <see cref="OperationCanceledException"/>.
    /// </param>
    /// <inheritdoc cref="Parallel"/>
    public static async Task<object?[]> ParallelAsync(IEnumerable<CspProcess> processes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(processes);
        cancellationToken.ThrowIfCancellationRequested();
        CspProcess[] all = [.. processes];
        Task<CspOutcome>[] runs = [.. all.Select(process => process.StartAsync(cancellationToken))];
        using (cancellationToken.UnsafeRegister(_ => Array.ForEach(all, static process => process.Abort()), null))
        {
            await ((Task)Task.WhenAll(runs)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        Exception[] failures = [.. runs.Select(run => run.Exception?.InnerException).OfType<Exception>()];
        if (failures.Length > 0)
        {
            ExceptionDispatchInfo.Throw(failures.Length == 1 ? failures[0] : new AggregateException(failures));
        }

        // One of a network that is larger than this composition died.
        CspOutcome[] outcomes = await Task.WhenAll(runs).ConfigureAwait(false);
        return outcomes.FirstOrDefault(outcome => outcome.Cause.Process != 0) is { } poisoned
            ? throw new ChannelPoisonedException(poisoned.Cause)
            : [.. outcomes.Select(outcome => outcome.Value)];
    }

    /// <summary>
    /// Runs processes one after the other. Blocks until the last has ended, or one has failed: the ends of those behind it are poisoned then.
    /// </summary>
    /// <param name="processes">The processes.</param>
    /// <returns>What they returned, in their order.</returns>
    /// <inheritdoc cref="Parallel"/>
    public static object?[] Sequence(params CspProcess[] processes) => SequenceAsync(processes).GetAwaiter().GetResult();

    /// <summary>Runs processes one after the other and awaits the end of the last.</summary>
    /// <inheritdoc cref="Sequence"/>
    public static async Task<object?[]> SequenceAsync(params CspProcess[] processes)
    {
        ArgumentNullException.ThrowIfNull(processes);
        var results = new object?[processes.Length];
        for (int index = 0; index < processes.Length; index++)
        {
            try
            {
                results[index] = (await ParallelAsync(processes[index]).ConfigureAwait(false))[0];
            }
            catch
            {
                // Their partners, in other parts of the network, must not wait for those that will not run any more.
                Array.ForEach(processes[(index + 1)..], static process => process.GiveUp());
                throw;
            }
        }

        return results;
    }

    /// <summary>
    /// Starts a process and goes on. It ends with this process at the latest; what became of it, and what it returned, is in the task.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <returns>Completes with what it returned, or fails as <see cref="Parallel"/> does, when it has ended.</returns>
    public static async Task<object?> Spawn(CspProcess process) => (await ParallelAsync(process).ConfigureAwait(false))[0];
}
