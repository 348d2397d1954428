using System.Collections.Concurrent;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Managers;

/// <summary>
/// Hosts shared objects in this process. <see cref="Manager.Start"/> runs one in a worker of its own, which is the usual way; the
/// counterpart of Python's <c>BaseManager.get_server</c>.
/// </summary>
/// <remarks>
/// Each object carries out one call at a time, so each call is atomic; calls to different objects, and of different clients, run
/// at the same time. On Linux, clients of this machine share half as many threads as there are processors, one at least; a call
/// that is at it for ten milliseconds keeps its thread to itself. A client's calls are begun in its order. One that has to wait
/// (for an item, a lock, another party) holds up nothing else, not even the same client's next call. All members are safe to call
/// from any thread.
/// </remarks>
[StaysHere("pass on its address and key, and connect there")]
public sealed class ManagerServer : IDisposable
{
    // As many clients get a thread of the server's that waits for them, alone or with others of this machine, which saves each call
    // two changes of thread.
    private const int MaximumThreads = 64;

    private readonly ConnectionListener _listener;
    private readonly InspectionDesk _inspectionDesk;
    private readonly ConcurrentDictionary<int, ManagerSession> _sessions = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // A client that calls needs a processor, too.
    private readonly SessionLoop[] _loops =
        SessionLoop.IsPossible ? [.. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount / 2)).Select(static _ => new SessionLoop())] : [];

    private int _lastSession;
    private int _threads;
    private int _isStopping;

    /// <summary>Hosts from now on.</summary>
    /// <param name="options">Where, for whom, and what; the usual unless given.</param>
    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="ArgumentException">A type that is registered cannot be hosted, or a TLS address lacks its certificate.</exception>
    public ManagerServer(ManagerOptions? options = null)
    {
        Options = options ?? new ManagerOptions();
        Key = Options.Key ?? AuthenticationKey.CreateRandom();
        Origin = Options.Address is null && Options.Key is null ? MessageOrigin.OwnProcess : MessageOrigin.Foreign;
        Transit = new TransitTable(Objects, Options.TransitLifetime, Options.MaximumTransits);
        Options.Initializer?.Invoke();
        Options.Types?.Invoke(Types);
        _listener = new ConnectionListener(Options.Address, Key, new ConnectionListenerOptions
        {
            AllowLegacyDigest = Options.AllowLegacyDigest,
            Certificate = Options.Certificate,
            HandshakeTimeout = Options.HandshakeTimeout,
            MaximumMessageLength = Options.MaximumRequestLength,
            Origin = Origin,
        });
        _inspectionDesk = new InspectionDesk(this);
        _ = ListenAsync();
    }

    /// <summary>Where it is found.</summary>
    public ConnectionAddress Address => _listener.Address;

    /// <summary>What clients must know.</summary>
    public AuthenticationKey Key { get; }

    /// <summary>Completes when the server has stopped.</summary>
    public Task Completion => _stopped.Task;

    internal ManagerOptions Options { get; }

    internal ManagerTypes Types { get; } = new();

    internal ObjectTable Objects { get; } = new();

    internal TransitTable Transit { get; }

    internal CallThreads Threads { get; } = new();

    /// <summary>
    /// Whose processes the clients are. Only a server at an address that nobody else can know, with a key that nobody else can
    /// have, is sure that all are this program's own, so that what is shared by reference may be passed through it.
    /// </summary>
    internal MessageOrigin Origin { get; }

    /// <summary>What is hosted now, and for whom.</summary>
    public ManagerInspection Inspect()
    {
        var (objects, names) = Objects.List();
        ILookup<HostedObject, string> nameOf = names.ToLookup(pair => pair.Value, pair => pair.Key);
        return new ManagerInspection(
            [.. objects.Select(each => new SharedObjectInfo(each.TypeName, nameOf[each].FirstOrDefault(), each.ToString(), each.Leases, each.Holders))],
            [.. _sessions.Values.OrderBy(session => session.Number).Select(session => new ManagerClientInfo(
                session.ClientName, session.ClientProcessId, session.LeaseCount, session.WaiterCount, session.CallCount, session.OnTheWay.Count))]);
    }

    /// <summary>Stops: every client is told, and its waiting calls fail at once.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
        {
            try
            {
                _listener.Dispose();
                _inspectionDesk.Dispose();
                await Task.WhenAll(_sessions.Values.Select(session => session.EndAsync("It was shut down."))).ConfigureAwait(false);

                // What only its name has kept ends, too: a pool has workers.
                foreach (var (name, _) in Objects.List().Names)
                {
                    _ = Objects.Withdraw(name);
                }

                Transit.Dispose();
            }
            finally
            {
                // Whatever has failed: this is done once, and others wait for it.
                _ = _stopped.TrySetResult();
            }
        }

        await _stopped.Task.ConfigureAwait(false);
    }

    /// <summary>As <see cref="StopAsync"/>, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

    /// <summary>What serves the fewest clients of this machine; null if the system has no way to wait for several.</summary>
    internal SessionLoop? FreestLoop => _loops.MinBy(static loop => loop.Count);

    internal void Left(ManagerSession session) => _ = _sessions.TryRemove(session.Number, out _);

    private async Task ListenAsync()
    {
        while (true)
        {
            Connection connection;
            try
            {
                connection = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            var session = new ManagerSession(this, connection, Interlocked.Increment(ref _lastSession));
            _ = ServeAsync(session);
        }
    }

    private async Task ServeAsync(ManagerSession session)
    {
        if (_sessions.Count >= Options.MaximumClients)
        {
            await session.RefuseAsync($"It serves {Options.MaximumClients} clients already, which is its limit.").ConfigureAwait(false);
            return;
        }

        _ = _sessions.TryAdd(session.Number, session);
        if (_isStopping != 0)
        {
            await session.EndAsync("It was shut down.").ConfigureAwait(false);
            return;
        }

        bool ownThread = Interlocked.Increment(ref _threads) <= MaximumThreads;
        await session.RunAsync(ownThread).ConfigureAwait(false);
        _ = Interlocked.Decrement(ref _threads);
    }
}
