using System.Diagnostics;
using System.Security.Cryptography;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// The server's objects, and who refers to them: clients, by leases that end with their connection, and values in other
/// objects. An object is removed at once when nobody refers to it; soon when only objects do that nobody can reach.
/// </summary>
internal sealed class ObjectTable
{
    private const int Attempts = 3;
    private const int SearchPrice = 20; // as many times as long as a search takes, it is to be worked off
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly long s_maximumDebt = 2 * Stopwatch.Frequency; // a tenth of a second of searches at once

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, HostedObject> _objects = [];
    private readonly Dictionary<string, HostedObject> _names = new(StringComparer.Ordinal);
    private readonly HostedInstances _instances = new();
    private long _changes;
    private long _searchedAt;
    private long _searchDebt;
    private int _isLookingAgain;

    /// <summary>A number for a new object.</summary>
    public static ulong NewNumber()
    {
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        ulong number;
        do
        {
            RandomNumberGenerator.Fill(random);
            number = BitConverter.ToUInt64(random);
        }
        while (number == ManagerProtocol.Server);
        return number;
    }

    /// <summary>All objects, and the names of those that have one.</summary>
    public (HostedObject[] Objects, KeyValuePair<string, HostedObject>[] Names) List()
    {
        lock (_lock)
        {
            return ([.. _objects.Values], [.. _names]);
        }
    }

    /// <exception cref="CallFailedException">There is no such object.</exception>
    public HostedObject Find(ulong number)
    {
        lock (_lock)
        {
            return _objects.TryGetValue(number, out HostedObject? hosted) ? hosted : throw NoSuchObject();
        }
    }

    /// <summary>
    /// Takes in a new object together with the reference that a client is given: without one, another client's search for what
    /// nobody refers to could remove it before its own client has it. An instance of a registered type that is hosted already
    /// stays one object, which is what is returned.
    /// </summary>
    public HostedObject AddLeased(HostedObject hosted)
    {
        lock (_lock)
        {
            hosted = hosted is HostedUserObject created ? _instances.FindOrAdd(created) : hosted;
            _ = _objects.TryAdd(hosted.Number, hosted);
            _changes++;
            hosted.Leases++;
            return hosted;
        }
    }

    /// <summary>Another object refers to it from now on.</summary>
    /// <exception cref="CallFailedException">It does not exist any more.</exception>
    public void Hold(HostedObject hosted)
    {
        lock (_lock)
        {
            if (hosted.IsRemoved)
            {
                throw NoSuchObject();
            }

            _changes++;
            hosted.Holders++;
        }
    }

    public void Publish(string name, HostedObject hosted)
    {
        lock (_lock)
        {
            if (!_names.TryAdd(name, hosted))
            {
                throw new CallFailedException(FailureCode.InvalidOperation, $"The name '{name}' is taken. Withdraw it first, or choose another.");
            }

            hosted.Leases++;
        }
    }

    public bool Withdraw(string name)
    {
        HostedObject? hosted;
        lock (_lock)
        {
            if (!_names.Remove(name, out hosted))
            {
                return false;
            }
        }

        Release(hosted);
        return true;
    }

    public HostedObject Find(string name)
    {
        lock (_lock)
        {
            return _names.TryGetValue(name, out HostedObject? hosted)
                ? hosted
                : throw new CallFailedException(FailureCode.KeyNotFound, $"No object has the name '{name}'.");
        }
    }

    public void Lease(HostedObject hosted, int count = 1)
    {
        lock (_lock)
        {
            if (hosted.IsRemoved)
            {
                throw NoSuchObject();
            }

            _changes++;
            hosted.Leases += count;
        }
    }

    /// <summary>Ends references of clients.</summary>
    public void Release(HostedObject hosted, int count = 1)
    {
        lock (_lock)
        {
            _changes++;
            hosted.Leases -= count;
        }

        RemoveIfUnreachable(hosted);
    }

    /// <summary>A copy of a value's bytes, with a reference to each object that it names.</summary>
    public StoredValue Keep(ReadOnlyMemory<byte> bytes)
    {
        List<ulong>? numbers = ValueScanner.References(bytes);
        if (numbers is null)
        {
            return new StoredValue(bytes.ToArray(), null);
        }

        lock (_lock)
        {
            var references = new HostedObject[numbers.Count];
            for (int index = 0; index < references.Length; index++)
            {
                references[index] = _objects.TryGetValue(numbers[index], out HostedObject? hosted) ? hosted : throw NoSuchObject();
            }

            _changes++;
            foreach (HostedObject hosted in references)
            {
                hosted.Holders++;
            }

            return new StoredValue(bytes.ToArray(), references);
        }
    }

    /// <summary>A value is kept no more. Not to be called while holding an object's lock.</summary>
    public void Release(in StoredValue value)
    {
        foreach (HostedObject hosted in value.References ?? [])
        {
            lock (_lock)
            {
                hosted.Holders--;
            }

            RemoveIfUnreachable(hosted);
        }
    }

    public void Release(IEnumerable<StoredValue> values)
    {
        foreach (StoredValue value in values)
        {
            Release(value);
        }
    }

    private void RemoveIfUnreachable(HostedObject hosted)
    {
        bool isHeldByValues;
        lock (_lock)
        {
            if (hosted.Leases > 0 || hosted.IsRemoved)
            {
                return;
            }

            isHeldByValues = hosted.Holders > 0;
            if (!isHeldByValues)
            {
                Forget(hosted);
            }
        }

        if (!isHeldByValues)
        {
            Release(hosted.Remove());
        }
        else
        {
            RemoveCycles();
        }
    }

    /// <summary>
    /// Removes what only refers to itself, such as a list that contains itself. Only needed when a client lets go of something
    /// that is also in a value. Its cost is a walk over all values with references, and who goes through a list of lists lets go of
    /// each: so it is done at once only as often as leaves most of the time to others, else once for all a moment later. Threads that
    /// search at the same time may count one for another, which is near enough.
    /// </summary>
    private void RemoveCycles()
    {
        long begun = Stopwatch.GetTimestamp();
        long debt = Math.Max(0, Volatile.Read(ref _searchDebt) - (begun - Volatile.Read(ref _searchedAt)));
        if (debt < s_maximumDebt)
        {
            bool isDone = false;
            for (int attempt = 0; attempt < Attempts && !isDone; attempt++)
            {
                isDone = TryRemoveCycles();
            }

            long ended = Stopwatch.GetTimestamp();
            Volatile.Write(ref _searchDebt, debt + (SearchPrice * (ended - begun)));
            Volatile.Write(ref _searchedAt, ended);
            if (isDone)
            {
                return;
            }
        }

        // It is too soon, or references move all the time just now. Whatever moves them need not let go of anything here, so that it
        // is up to this search to come back.
        if (Interlocked.Exchange(ref _isLookingAgain, 1) == 0)
        {
            _ = LookAgainAsync();
        }
    }

    private async Task LookAgainAsync()
    {
        await Task.Delay(s_pause).ConfigureAwait(false);
        Volatile.Write(ref _isLookingAgain, 0);
        RemoveCycles();
    }

    /// <summary>False if references moved meanwhile, and nothing was removed.</summary>
    private bool TryRemoveCycles()
    {
        HashSet<HostedObject> reached = [];
        var unexplored = new Stack<HostedObject>();
        HostedObject[] all;
        long changes;
        lock (_lock)
        {
            changes = _changes;
            all = [.. _objects.Values];
            foreach (HostedObject root in all.Where(root => root.Leases > 0))
            {
                unexplored.Push(root);
            }
        }

        while (unexplored.TryPop(out HostedObject? next))
        {
            if (!reached.Add(next))
            {
                continue;
            }

            lock (next.Gate)
            {
                foreach (HostedObject reference in next.References())
                {
                    unexplored.Push(reference);
                }
            }
        }

        List<HostedObject> unreachable = [];
        lock (_lock)
        {
            // A reference that moved while the walk was on its way, from where it had not been to where it had, was not seen.
            if (_changes != changes)
            {
                return false;
            }

            foreach (HostedObject hosted in all)
            {
                if (!reached.Contains(hosted) && !hosted.IsRemoved)
                {
                    Forget(hosted);
                    unreachable.Add(hosted);
                }
            }
        }

        foreach (HostedObject hosted in unreachable)
        {
            Release(hosted.Remove());
        }

        return true;
    }

    private void Forget(HostedObject hosted)
    {
        hosted.IsRemoved = true;
        _ = _objects.Remove(hosted.Number);
        if (hosted is HostedUserObject user)
        {
            _instances.Remove(user);
        }
    }

    private static CallFailedException NoSuchObject() => new(
        FailureCode.NoObject, "The shared object does not exist any more: nobody referred to it, so the server removed it.");
}
