namespace IpcDemos.Shared.Tests.Support;

/// <summary>Keeps all threads of this process's pool busy until it is disposed of: what is left to them does not happen.</summary>
internal sealed class BusyThreadPool : IDisposable
{
    private readonly ManualResetEvent _end = new(false);
    private readonly int _workers;
    private readonly int _ports;

    public BusyThreadPool()
    {
        ThreadPool.GetMaxThreads(out _workers, out _ports);
        ThreadPool.GetMinThreads(out int least, out _);
        Assert.True(ThreadPool.SetMaxThreads(least, _ports));

        // They are taken in their order, so that what is queued after these waits behind them, whoever is still free now.
        for (int thread = 0; thread < least; thread++)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(static end => end.WaitOne(), _end, preferLocal: false);
        }
    }

    public void Dispose()
    {
        _ = _end.Set();
        _ = ThreadPool.SetMaxThreads(_workers, _ports);
    }
}
