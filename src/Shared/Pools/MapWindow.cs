using System.Threading.Channels;

namespace IpcDemos.Shared.Pools;

/// <summary>
/// Bounds how many chunks have been taken from a map's input whose results were not taken. One thread enters, one leaves, any observe.
/// </summary>
internal sealed class MapWindow
{
    // Small chunks of a given size: so many as keep the workers busy while results are taken and new items come.
    private const double BusyMicroseconds = 4000;
    private const int Maximum = 1024;

    private readonly Channel<bool> _places = Channel.CreateUnbounded<bool>();
    private readonly int _workers;
    private readonly bool _grows;
    private int _size;

    public MapWindow(PoolMapOptions options, int workers)
    {
        _workers = workers;
        _grows = options is { Window: null, ChunkSize: not null };
        _size = options.Window ?? 4 * workers;
        Add(_size);
    }

    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken) => _places.Reader.ReadAsync(cancellationToken);

    public void Leave() => _ = _places.Writer.TryWrite(true);

    /// <summary>A chunk took so long.</summary>
    public void Observe(double microseconds)
    {
        int wanted = (int)Math.Min(Maximum, _workers * BusyMicroseconds / Math.Max(1, microseconds));
        int size = _size;
        if (_grows && wanted > size && Interlocked.CompareExchange(ref _size, wanted, size) == size)
        {
            Add(wanted - size);
        }
    }

    private void Add(int places)
    {
        for (int place = 0; place < places; place++)
        {
            Leave();
        }
    }
}
