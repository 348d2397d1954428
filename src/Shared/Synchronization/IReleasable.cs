namespace IpcDemos.Shared.Synchronization;

/// <summary>What a <see cref="LockHold"/> can release.</summary>
internal interface IReleasable
{
    void Release();
}
