using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Managers;

/// <summary>Lets parties go on when all have come, kept by a manager's server. The counterpart of Python's <c>manager.Barrier()</c>.</summary>
/// <remarks>
/// A party that is killed, cancels or times out while it waits breaks the barrier: all others are told at once who it was. Of the
/// parties that go on, exactly one gets the number 0, which can do what is to be done once. Time-outs: <see langword="null"/> waits
/// for ever.
/// </remarks>
[MessagePackFormatter(typeof(ManagerProxyFormatter<SharedBarrier>))]
public sealed class SharedBarrier : ManagerProxy, ISharedProxy<SharedBarrier>
{
    private SharedBarrier(SharedReference reference)
        : base(reference)
    {
    }

    /// <summary>How many parties it takes.</summary>
    public int ParticipantCount => Call("parties").Result<int>();

    /// <summary>How many are waiting now.</summary>
    public int ParticipantsWaiting => Call("waiting").Result<int>();

    /// <summary>Whether it is broken.</summary>
    public bool IsBroken => Call("is_broken").Result<bool>();

    static string ISharedProxy<SharedBarrier>.TypeName => "barrier";

    /// <summary>Blocks until all parties have come.</summary>
    /// <returns>In which place this one came, from 0 on; each number once.</returns>
    /// <exception cref="BrokenBarrierException">The barrier is broken, or broke while this party waited.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, which breaks the barrier for the others.</exception>
    public int Wait(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        BarrierVerdict.ToIndex(Call("wait", Milliseconds(timeout)).Within(timeout).Result<long>(cancellationToken));

    /// <summary>The awaitable twin of <see cref="Wait"/>.</summary>
    /// <inheritdoc cref="Wait"/>
    public async Task<int> WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        BarrierVerdict.ToIndex(await CallAsync("wait", Milliseconds(timeout)).Within(timeout).ResultAsync<long>(cancellationToken).ConfigureAwait(false));

    /// <summary>Breaks the barrier for all who wait and will come.</summary>
    public void Abort() => Call("abort").Wait();

    /// <summary>The awaitable twin of <see cref="Abort"/>.</summary>
    /// <inheritdoc cref="Abort"/>
    public Task AbortAsync(CancellationToken cancellationToken = default) => CallAsync("abort").WaitAsync(cancellationToken);

    /// <summary>Makes it usable again; who waits now is told that it broke.</summary>
    public void Reset() => Call("reset").Wait();

    /// <summary>The awaitable twin of <see cref="Reset"/>.</summary>
    /// <inheritdoc cref="Reset"/>
    public Task ResetAsync(CancellationToken cancellationToken = default) => CallAsync("reset").WaitAsync(cancellationToken);

    static SharedBarrier ISharedProxy<SharedBarrier>.From(SharedReference reference) => new(reference);
}
