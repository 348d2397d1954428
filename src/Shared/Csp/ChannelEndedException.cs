namespace IpcDemos.Shared.Csp;

/// <summary>
/// A channel can be used no more: it was poisoned, or the other side has retired. A <see cref="CspProcess"/> that does not catch this
/// passes it on to all its channels and ends, which is how a network ends.
/// </summary>
public abstract class ChannelEndedException : Exception
{
    private protected ChannelEndedException(string message)
        : base(message)
    {
    }
}
