namespace IpcDemos.Shared.Tests.Pools;

/// <summary>Cannot travel: its member cannot.</summary>
internal sealed class Unserializable
{
    public Thread Thread { get; } = Thread.CurrentThread;
}
