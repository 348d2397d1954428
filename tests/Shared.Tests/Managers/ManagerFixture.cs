using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>One manager, in a worker of its own, for the tests of a class.</summary>
public sealed class ManagerFixture : IDisposable
{
    public Manager Manager { get; } = Manager.Start();

    public void Dispose() => Manager.Dispose();
}
