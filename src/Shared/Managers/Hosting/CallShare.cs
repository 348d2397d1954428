namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>One client's part in the <see cref="CallThreads"/>, under whose lock it is.</summary>
internal sealed class CallShare
{
    /// <summary>How many threads are at its calls.</summary>
    public int Running { get; set; }

    /// <summary>Its calls for which there is no thread yet.</summary>
    public Queue<Action> Waiting { get; } = [];
}
