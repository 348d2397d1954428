namespace IpcDemos.Shared.Pools;

/// <content>
/// Who reads its answers: its own thread; or, if the pool's calls are awaited one by one, the thread that waits for the answer
/// anyway. That spares the system waking one thread only to have it wake another. The own thread rests meanwhile.
/// </content>
internal sealed partial class PoolWorker
{
    // Whoever waits for longer does not notice the price of a wake-up, and shall hear of time-outs and cancellation.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(5);

    private readonly Lock _reading = new();
    private readonly ManualResetEventSlim _wake = new(initialState: false, spinCount: 0);
    private volatile bool _rests;
    private Exception? _failedReading;

    /// <summary>Whether its own thread rests, so that whoever sends something has to wake it, or to read the answer.</summary>
    public bool Rests => _rests;

    /// <summary>Under the lock, by its own thread: nothing is to be read before something is sent.</summary>
    public bool TryRest()
    {
        _rests = IsIdle;
        return _rests;
    }

    /// <summary>Has its own thread read again. Does nothing if it does.</summary>
    public void WakeReader()
    {
        if (_rests)
        {
            _rests = false;
            _wake.Set();
        }
    }

    /// <summary>
    /// Reads answers here until the task has ended, or takes longer than a wake-up is worth. To be called by the one who assigned it
    /// to a worker that rests.
    /// </summary>
    public void ReadUntilEnded(PoolTask task)
    {
        if (_reading.TryEnter())
        {
            try
            {
                // Another one may have taken it back meanwhile and given it to an idle worker.
                while (!task.IsCompleted && task.Worker == this && _connection.Poll(s_patience))
                {
                    ReadAnswer();
                }
            }
            catch (Exception error)
            {
                _failedReading = error; // its own thread deals with that, whatever it is
            }
            finally
            {
                _reading.Exit();
            }
        }

        // Not entered: its own thread is just about to rest. Not ended: nobody else reads.
        if (!task.IsCompleted || _failedReading is not null)
        {
            WakeReader();
        }
    }

    private void ReadAnswers()
    {
        while (true)
        {
            lock (_reading)
            {
                do
                {
                    if (_failedReading is { } error)
                    {
                        throw error;
                    }

                    ReadAnswer();
                }
                while (!_scheduler.MayRest(this));
            }

            _wake.Wait();
            _wake.Reset();
        }
    }
}
