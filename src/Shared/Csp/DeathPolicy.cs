namespace IpcDemos.Shared.Csp;

/// <summary>What the end of a process means to a channel of which it still had an end: it was killed, or crashed.</summary>
public enum DeathPolicy
{
    /// <summary>
    /// The channel is poisoned, and with it the network: what the process would have read or written is missing, so what the others
    /// would go on to compute is not to be trusted. <see cref="ChannelPoisonedException"/> names the process.
    /// </summary>
    Poison,

    /// <summary>The process's ends count as retired, as if it had ended in order: for when a worker more or less does not matter.</summary>
    Retire,
}
