namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>One kind of shared object, of which one process can see that another has done something with it.</summary>
public interface ITouchable<T>
{
    static abstract T Create();

    /// <summary>Completes once another process has done it.</summary>
    static abstract Task WhenTouchedAsync(T shared);

    static abstract void Touch(T shared);
}
