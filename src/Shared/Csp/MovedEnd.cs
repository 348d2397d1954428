using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>An end that was sent away in a message, for the case that nobody receives it.</summary>
internal sealed class MovedEnd(byte[] reference, int index, int generation)
{
    /// <summary>The message was not sent, or will not be received: the end is retired.</summary>
    public void TakeBack() => Do(core => core.TakeBack(index, generation));

    /// <summary>
    /// The process that it was sent to has died: if it still had the end, or had yet to receive it, the channel's policy says what that
    /// means.
    /// </summary>
    public void Abandon(PoisonCause cause) => Do(core => core.Abandon(index, generation, cause));

    private void Do(Action<ChannelCore> action)
    {
        var reader = new MessagePackReader(reference);
        ChannelCore core;
        try
        {
            core = ChannelCore.Attach(ref reader, itemType: 0);
        }
        catch (IOException)
        {
            return; // nobody has the channel any more
        }

        action(core);
        core.RemoveUser();
    }
}
