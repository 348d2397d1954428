using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// A choice between reads, writes, time-outs and skipping, of which exactly one happens, also if those at the other ends of the
/// channels are choosing at the same time.
/// </summary>
/// <remarks>
/// <para>
/// To be used again and again, by one thread at a time. A channel that has ended counts as possible: choosing it throws what reading or
/// writing it would, so a network ends through its alternations as well. To go on with the other channels, catch that and set
/// <see cref="Guard.IsEnabled"/> of each guard whose end has <see cref="ChannelEnd.HasEnded"/> to false.
/// </para>
/// <para>The item of a write that is not chosen is not written; ends of channels in it are retired, as by a write that fails.</para>
/// </remarks>
public sealed class Alternation
{
    private readonly Guard[] _guards;
    private int _last = -1;

    /// <summary>Describes a choice; nothing happens yet.</summary>
    /// <param name="guards">The alternatives, at least one.</param>
    public Alternation(params Guard[] guards)
    {
        ArgumentNullException.ThrowIfNull(guards);
        ArgumentOutOfRangeException.ThrowIfZero(guards.Length, nameof(guards));
        _guards = [.. guards];
    }

    /// <summary>Chooses; of several that are possible at once the one that comes first in the list. Blocks until one is.</summary>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>; nothing has happened then.</param>
    /// <returns>The index of the guard that was chosen; its action has been done.</returns>
    /// <exception cref="ChannelEndedException">The channel that was chosen has ended.</exception>
    /// <exception cref="InvalidOperationException">No guard is enabled: this would wait for ever.</exception>
    /// <exception cref="ObjectDisposedException">An end was retired, or moved away.</exception>
    public int PrioritySelect(CancellationToken cancellationToken = default) =>
        Blocking.Result(SelectAsync(isAsync: false, 0, cancellationToken));

    /// <summary>The awaitable twin of <see cref="PrioritySelect"/>.</summary>
    /// <inheritdoc cref="PrioritySelect"/>
    public ValueTask<int> PrioritySelectAsync(CancellationToken cancellationToken = default) =>
        SelectAsync(isAsync: true, 0, cancellationToken);

    /// <summary>
    /// Chooses; of several that are possible at once the one that comes next after the one chosen last, so that none that stays
    /// possible is passed over for more than a round. Blocks until one is.
    /// </summary>
    /// <inheritdoc cref="PrioritySelect"/>
    public int FairSelect(CancellationToken cancellationToken = default) =>
        Blocking.Result(SelectAsync(isAsync: false, _last + 1, cancellationToken));

    /// <summary>The awaitable twin of <see cref="FairSelect"/>.</summary>
    /// <inheritdoc cref="FairSelect"/>
    public ValueTask<int> FairSelectAsync(CancellationToken cancellationToken = default) =>
        SelectAsync(isAsync: true, _last + 1, cancellationToken);

    private async ValueTask<int> SelectAsync(bool isAsync, int first, CancellationToken cancellationToken)
    {
        var alternatives = new Alternative?[_guards.Length];
        int chosen = -1;
        try
        {
            for (int index = 0; index < _guards.Length; index++)
            {
                alternatives[index] = _guards[index].IsEnabled ? _guards[index].Begin() : null;
            }

            if (Array.TrueForAll(alternatives, alternative => alternative is null))
            {
                throw new InvalidOperationException("No guard is enabled, so there is nothing to choose and nothing to wait for.");
            }

            chosen = await Choice.MakeAsync(isAsync, alternatives, first, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            for (int index = 0; index < _guards.Length; index++)
            {
                if (alternatives[index] is not null)
                {
                    _guards[index].End(index == chosen);
                }
            }
        }

        _last = chosen;
        _guards[chosen].Act();
        return chosen;
    }
}
