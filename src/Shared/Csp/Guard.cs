namespace IpcDemos.Shared.Csp;

/// <summary>One of the alternatives of an <see cref="Alternation"/>.</summary>
public abstract class Guard
{
    private protected Guard()
    {
    }

    /// <summary>
    /// Whether the alternative is considered at all: the condition in front of it. To be set between choices; true unless set.
    /// </summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>To read an item.</summary>
    /// <param name="end">Where from.</param>
    /// <param name="action">What is done with it, on the thread that chooses; nothing unless given.</param>
    public static ReadGuard<T> Read<T>(ReadEnd<T> end, Action<T>? action = null) => new(end, action);

    /// <summary>To write an item.</summary>
    /// <param name="end">Where to.</param>
    /// <param name="value">The item.</param>
    /// <param name="action">What is done once it is written; nothing unless given.</param>
    public static WriteGuard<T> Write<T>(WriteEnd<T> end, T value, Action? action = null) => new(end, value, action);

    /// <summary>Always possible: chosen if none before it is.</summary>
    /// <param name="action">What is done then; nothing unless given.</param>
    public static Guard Skip(Action? action = null) => new TimeoutGuard(TimeSpan.Zero, action);

    /// <summary>Possible once the choice has lasted for some time.</summary>
    /// <param name="timeout">For how long; zero or less is as <see cref="Skip"/>.</param>
    /// <param name="action">What is done then; nothing unless given.</param>
    public static Guard Timeout(TimeSpan timeout, Action? action = null) => new TimeoutGuard(timeout, action);

    /// <summary>Begins a choice; <see cref="End"/> follows in any case.</summary>
    internal abstract Alternative Begin();

    /// <summary>Ends a choice.</summary>
    internal virtual void End(bool isChosen)
    {
    }

    /// <summary>Does what is to be done after this was chosen, and the choice has ended.</summary>
    internal abstract void Act();
}
