using System.Diagnostics.Metrics;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Bench.Soak;

/// <summary>Counts tasks that are run again, as the pools of this process tell while it exists.</summary>
internal sealed class RetryCounter : IDisposable
{
    private readonly MeterListener _listener = new()
    {
        InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: ProcessPool.TelemetryName, Name: "ipcdemos.pool.retries" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        },
    };

    private long _count;

    public RetryCounter()
    {
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _count, value));
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
