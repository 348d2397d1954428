namespace IpcDemos.Shared.Pools;

// What becomes of the pool when workers end before they are ready.
internal sealed partial class PoolScheduler
{
    // Somebody kills workers, or the system has run out of memory: no reason to give up as soon as for what they do themselves.
    private const int KillsPerAttempt = 10;

    // Before the next start there is a pause, which grows from this to over a second.
    private const int Doublings = 7;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(10);

    // Both in a row.
    private int _failedStarts;
    private int _killedStarts;
    private bool _pausesStarts;

    private bool MayStart => _state < State.Stopped && !_pausesStarts;

    private void OnStarted() => (_failedStarts, _killedStarts) = (0, 0);

    /// <summary>Breaks the pool if that has happened too often; else the next start is tried a little later.</summary>
    private void OnStartFailed(Exception failure, bool wasKilled)
    {
        _ = wasKilled ? _killedStarts++ : _failedStarts++;
        if (_state >= State.Stopped)
        {
            return;
        }

        if (_failedStarts >= options.StartAttempts || _killedStarts >= (long)options.StartAttempts * KillsPerAttempt)
        {
            _state = State.Broken;
            _broken = new BrokenProcessPoolException(_failedStarts + _killedStarts, failure);
            FailPending(task => task.Fail(_broken));
        }
        else if (!_pausesStarts)
        {
            _pausesStarts = true;
            _ = ResumeStartsAsync(s_firstPause * (1 << Math.Min(Doublings, _failedStarts + _killedStarts - 1)));
        }
    }

    private async Task ResumeStartsAsync(TimeSpan after)
    {
        await Task.Delay(after).ConfigureAwait(false);
        Recipients recipients;
        lock (_lock)
        {
            _pausesStarts = false;
            recipients = Dispatch();
        }

        recipients.Flush();
    }
}
