using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>One of the things that a <see cref="Choice"/> is between.</summary>
internal abstract class Alternative
{
    /// <summary>The channel it is about, if it is about one.</summary>
    public virtual ChannelCore? Core => null;

    /// <summary>When it becomes possible by itself.</summary>
    public virtual Deadline Deadline => Deadline.Infinite;

    /// <summary>Does it if that is possible now. Under the lock of its channel.</summary>
    /// <exception cref="ChannelEndedException">It will never be possible again.</exception>
    public abstract bool TryDo();

    /// <summary>Leaves an offer for others to take. Under the lock of its channel.</summary>
    public virtual void Offer(ChoiceSlot slot, int guard)
    {
    }

    /// <summary>Whose receipt is to be waited for, when the offer was taken.</summary>
    public virtual ProcessIdentity? Taker => null;

    /// <summary>Takes the offer back, if there is one. Under the lock of its channel.</summary>
    /// <param name="isDecided">Whether somebody took it.</param>
    public virtual void Withdraw(bool isDecided)
    {
    }
}
