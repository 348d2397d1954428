using IpcDemos.Shared.Pools;

namespace IpcDemos.Coordinator.Output;

/// <summary>Progress where nobody looks: output that goes to a file or a program.</summary>
internal sealed class UnseenProgress : IProgress<PoolProgress>
{
    public void Report(PoolProgress value)
    {
    }
}
