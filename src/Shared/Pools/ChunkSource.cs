namespace IpcDemos.Shared.Pools;

/// <summary>An input that is taken chunk by chunk, never further than asked. For one caller at a time.</summary>
internal abstract class ChunkSource<T> : IAsyncDisposable
{
    // A slow input's first items are not kept waiting for as many as a quick input has.
    private const int PatienceMilliseconds = 5;

    public static ChunkSource<T> Of(IEnumerable<T> source) =>
        source is T[] array ? new Slices(array) : new Enumerated(source.GetEnumerator());

    public static ChunkSource<T> Of(IAsyncEnumerable<T> source, CancellationToken cancellationToken) =>
        new Awaited(source.GetAsyncEnumerator(cancellationToken));

    /// <summary>The next items, as many as asked or fewer; none at the end.</summary>
    public abstract ValueTask<ReadOnlyMemory<T>> TakeAsync(int count, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    private sealed class Slices(T[] array) : ChunkSource<T>
    {
        private int _taken;

        public override ValueTask<ReadOnlyMemory<T>> TakeAsync(int count, CancellationToken cancellationToken)
        {
            int first = _taken;
            _taken += Math.Min(count, array.Length - first);
            // Not AsMemory, which refuses an array of a derived type.
            return new(new ReadOnlyMemory<T>(array, first, _taken - first));
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Enumerated(IEnumerator<T> source) : ChunkSource<T>
    {
        private Exception? _failure;

        public override ValueTask<ReadOnlyMemory<T>> TakeAsync(int count, CancellationToken cancellationToken)
        {
            if (_failure is not null)
            {
                return ValueTask.FromException<ReadOnlyMemory<T>>(_failure);
            }

            var items = new List<T>(Math.Min(count, 1024));
            try
            {
                // Patience begins with the first item: nothing would be the end of the input, and this thread may be kept from going on
                // for longer than that anywhere.
                long? start = null;
                while (items.Count < count
                    && (start is null || Environment.TickCount64 - start <= PatienceMilliseconds)
                    && source.MoveNext())
                {
                    items.Add(source.Current);
                    start ??= Environment.TickCount64;
                }
            }
            catch (Exception error) when (items.Count > 0)
            {
                _failure = error; // after the items before it
            }

            return new(items.ToArray());
        }

        public override ValueTask DisposeAsync()
        {
            source.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Awaited(IAsyncEnumerator<T> source) : ChunkSource<T>
    {
        private Task<bool>? _next;

        public override async ValueTask<ReadOnlyMemory<T>> TakeAsync(int count, CancellationToken cancellationToken)
        {
            var items = new List<T>();
            long? start = null; // as above: an input may block for its items instead of having them awaited
            while (items.Count < count && (start is null || Environment.TickCount64 - start <= PatienceMilliseconds))
            {
                _next ??= MoveAsync();
                if (items.Count > 0 && !_next.IsCompletedSuccessfully)
                {
                    break; // what there is goes now; what comes, or the failure, or that the input cancels itself, next time
                }

                if (!await _next.WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    break;
                }

                items.Add(source.Current);
                start ??= Environment.TickCount64;
                _next = null;
            }

            return items.ToArray();
        }

        public override async ValueTask DisposeAsync()
        {
            if (_next is not null)
            {
                // An enumerator must not be disposed while it moves.
                await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await source.DisposeAsync().ConfigureAwait(false);
        }

        /// <summary>Whatever it throws, be it at once, is in the task.</summary>
        private async Task<bool> MoveAsync() => await source.MoveNextAsync().ConfigureAwait(false);
    }
}
