using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// One thread that carries out the calls of several clients on this machine, and parks for all of them together. Were there a thread
/// for each, more than processors, every call would be two changes of thread; this one goes on as long as anybody calls.
/// </summary>
/// <remarks>
/// <para>
/// One client's long call holds up the others only for a moment: then another thread takes the turn. The state, n being how many
/// have taken it:
/// <code>
///   n running  -> n carrying -> n running   what a client has sent is carried out
///   n running  -> n parked   -> n running   nobody has said anything for a while
///   n carrying -> n + 1 running             it takes long: whoever had turn n finishes what it is at, and ends
/// </code>
/// Only who has the turn looks at the clients and takes out those that have ended. Who has lost it touches the one client that it was
/// at, and nothing else: that client is taken meanwhile, so that nobody else looks at it or waits for it. Whoever had it gives it back
/// first and unparks the loop afterwards: either the loop finds it given back before it parks, or it is unparked.
/// </para>
/// <para>The thread that watches over this sleeps while the loop is parked: an idle server takes no processor.</para>
/// </remarks>
internal sealed class SessionLoop
{
    private const long Running = 0;
    private const long Carrying = 1;
    private const long Parked = 2;
    private const long ModeMask = 3;
    private const long NextTurn = 4;

    // A turn is lost by who is still at the same client after a whole tick.
    private const int TickMilliseconds = 5;

    private readonly Lock _lock = new();
    private readonly object _watch = new();
    private readonly object _tick = new(); // never pulsed: time is all that the watcher waits for there
    private readonly Parker _parker = Parker.Rent();
    private volatile Client[] _clients = [];
    private long _state;
    private long _carried;
    private bool _isRunning;
    private bool _isWatched;
    private volatile bool _isWatcherAsleep;

    /// <summary>Whether the system can wait for several clients at once; else each needs a thread.</summary>
    public static bool IsPossible => Parker.CanParkOnAny;

    /// <summary>How many clients it has.</summary>
    public int Count => _clients.Length;

    /// <summary>Serves a client that is connected through shared memory. The task fails, with the reason, when the client has ended.</summary>
    /// <exception cref="ObjectDisposedException">The connection is closed.</exception>
    public Task ServeAsync(ManagerSession session, RingPipeEnd input)
    {
        var client = new Client(session, input.WaitJointly(_parker));
        try
        {
            lock (_lock)
            {
                // There may be no thread to be had. What is begun until then does no harm: a loop without clients parks.
                if (!_isRunning)
                {
                    long turn = _state;
                    Start(() => Run(turn), "Manager calls");
                    _isRunning = true;
                }

                if (!_isWatched && _clients.Length > 0)
                {
                    Start(Watch, "Manager watch"); // its first look takes the lock
                    _isWatched = true;
                }

                _clients = [.. _clients, client];
            }
        }
        catch
        {
            client.Wait.Dispose();
            throw;
        }

        _parker.Unpark();
        return client.Ended.Task;
    }

    private static void Start(ThreadStart work, string name) => new Thread(work) { IsBackground = true, Name = name }.Start();

    private void Run(long turn)
    {
        var spin = default(BriefSpin);
        while (true)
        {
            Client[] clients = _clients;
            bool hasCarried = false;
            bool hasEnded = false;
            foreach (Client client in clients)
            {
                if (client.IsTaken)
                {
                    hasEnded |= client.Error is not null;
                }
                else if (client.IsReady)
                {
                    hasCarried = true;
                    if (client.Error is null && !Carry(client, turn))
                    {
                        return;
                    }
                }
            }

            if (hasEnded && !TakeOutEnded())
            {
                return;
            }

            if (hasCarried)
            {
                spin = default;
            }
            else if (!LookAgain(ref spin, clients.Length))
            {
                Park(clients, turn);
                spin = default;
            }
        }
    }

    /// <summary>Carries out what the client has sent; false if the turn was lost meanwhile.</summary>
    private bool Carry(Client client, long turn)
    {
        client.IsTaken = true;
        _carried++;
        _ = Interlocked.Exchange(ref _state, turn | Carrying);
        try
        {
            Task drained = client.Session.ServeAtOnce(out bool hasMore);
            client.HasMore = hasMore;
            if (drained.IsCompleted)
            {
                client.IsTaken = false;
            }
            else
            {
                _ = GiveBackAsync(client, drained);
            }
        }
        catch (Exception error)
        {
            client.Fail(error);
        }

        if (Interlocked.CompareExchange(ref _state, turn | Running, turn | Carrying) == (turn | Carrying))
        {
            return true;
        }

        _parker.Unpark();
        return false;
    }

    /// <summary>The client asks for more than it reads: nothing more is carried out for it until it has.</summary>
    private async Task GiveBackAsync(Client client, Task drained)
    {
        await drained.ConfigureAwait(false);
        client.IsTaken = false;
        _parker.Unpark();
    }

    /// <summary>Lets go of the clients that have ended; false if the loop has none left, so that its thread is to end.</summary>
    private bool TakeOutEnded()
    {
        List<Client> ended;
        bool goesOn;
        lock (_lock)
        {
            ended = [.. _clients.Where(static client => client.Error is not null)];
            _clients = [.. _clients.Except(ended)];
            goesOn = _isRunning = _clients.Length > 0;
        }

        foreach (Client client in ended)
        {
            client.Wait.Dispose();
            client.Ended.SetException(client.Error!);
        }

        WakeWatcher(); // there may be nothing left to watch
        return goesOn;
    }

    /// <summary>Lets a moment pass, in all as long as for one client however many there are; false when it is time to park.</summary>
    private static bool LookAgain(ref BriefSpin spin, int clients)
    {
        bool goesOn = spin.Once();
        for (int spent = clients / 8; spent > 0; spent--)
        {
            goesOn = spin.Once();
        }

        return goesOn;
    }

    private void Park(Client[] clients, long turn)
    {
        Span<Futex.Word> words = stackalloc Futex.Word[Parker.MostWords];
        int count = 0;
        bool isReady = false;
        _ = Interlocked.Exchange(ref _state, turn | Parked);
        foreach (Client client in clients)
        {
            if (!client.IsTaken)
            {
                try
                {
                    words[count] = client.Wait.Mark();
                    count++;
                }
                catch (Exception error)
                {
                    client.Fail(error); // and only this one: the loop is everybody's
                    isReady = true;
                }

                isReady |= client.IsReady;
            }
        }

        if (!isReady)
        {
            _parker.ParkOnAny(words[..count]);
        }

        // The watcher says that it is going to sleep and looks for the loop then; the loop says that it is awake and looks for the
        // watcher then.
        _ = Interlocked.Exchange(ref _state, turn | Running);
        if (_isWatcherAsleep) // also for one client: another may have come while this one was parked for
        {
            WakeWatcher();
        }

        foreach (Client client in clients)
        {
            client.Wait.Unmark();
        }
    }

    private void Watch()
    {
        while (GoesOnWatching())
        {
            lock (_watch)
            {
                _isWatcherAsleep = true;
                Interlocked.MemoryBarrier();
                if ((Volatile.Read(ref _state) & ModeMask) == Parked && _clients.Length > 1)
                {
                    _ = Monitor.Wait(_watch);
                }

                _isWatcherAsleep = false;
            }

            long state = Volatile.Read(ref _state);
            long carried = Volatile.Read(ref _carried);
            lock (_tick)
            {
                _ = Monitor.Wait(_tick, TickMilliseconds);
            }

            if ((state & ModeMask) == Carrying && Volatile.Read(ref _carried) == carried)
            {
                TakeTurnAfter(state);
            }
        }
    }

    private void TakeTurnAfter(long state)
    {
        long next = (state & ~ModeMask) + NextTurn;
        try
        {
            // By the new thread itself: the turn must not go to one that then cannot be started.
            Start(
                () =>
                {
                    if (Interlocked.CompareExchange(ref _state, next | Running, state) == state)
                    {
                        Run(next);
                    }
                },
                "Manager calls");
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // The next tick tries again.
        }
    }

    private bool GoesOnWatching()
    {
        lock (_lock)
        {
            return _isWatched = _clients.Length > 1;
        }
    }

    private void WakeWatcher()
    {
        lock (_watch)
        {
            Monitor.Pulse(_watch);
        }
    }

    private sealed class Client(ManagerSession session, RingPipeEnd.JointWait wait)
    {
        private volatile bool _isTaken;
        private volatile Exception? _error;

        public ManagerSession Session => session;

        public RingPipeEnd.JointWait Wait => wait;

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Whether somebody is at it: who has, or had, the turn, or who waits until it has read its answers.</summary>
        public bool IsTaken
        {
            get => _isTaken;
            set => _isTaken = value;
        }

        /// <summary>Why it has ended.</summary>
        public Exception? Error
        {
            get => _error;
            set => _error = value;
        }

        /// <summary>
        /// Whether requests may have been received that are not carried out yet: at first, those that came with the greeting's end.
        /// Belongs to whoever has taken it, or may take it.
        /// </summary>
        public bool HasMore { get; set; } = true;

        /// <summary>Whether it is to be looked after: it has sent something, or has come to its end.</summary>
        public bool IsReady
        {
            get
            {
                try
                {
                    return HasMore || wait.IsReady;
                }
                catch (Exception error)
                {
                    Fail(error);
                    return true;
                }
            }
        }

        /// <summary>Nobody is at it any more, nor will be.</summary>
        public void Fail(Exception error)
        {
            Error = error;
            IsTaken = true;
        }
    }
}
