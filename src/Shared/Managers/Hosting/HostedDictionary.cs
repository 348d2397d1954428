namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Values by keys; with names as keys, a namespace. Each value knows the version in which it was set.</summary>
internal sealed class HostedDictionary : HostedObject
{
    private readonly ChangeFeed _changes;
    private readonly Dictionary<byte[], Entry> _entries = new(ValueComparer.Instance);
    private readonly Dictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public HostedDictionary(string typeName, List<KeyValuePair<byte[], StoredValue>> pairs)
    {
        TypeName = typeName;
        _changes = new ChangeFeed(Gate);
        _lookup = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (var (key, value) in pairs)
        {
            _entries[key] = new Entry(value, 0);
        }
    }

    public override string TypeName { get; }

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "get": Get(ref call); break;
                case "try_get": TryGet(ref call); break;
                case "get_many": GetMany(ref call); break;
                case "contains": call.Write(_lookup.ContainsKey(call.ReadBytes().Span)); break;
                case "length": call.Write(_entries.Count); break;
                case "keys": WriteKeys(ref call); break;
                case "snapshot": Snapshot(ref call); break;
                case "text": WriteText(ref call); break;
                case "watch": _changes.Watch(ref call); break;
                case "set": Put(ref call, call.ReadBytes(), call.ReadValue()); break;
                case "add": Add(ref call); break;
                case "get_or_add": GetOrAdd(ref call); break;
                case "update": Update(ref call); break;
                case "compare_exchange": CompareExchange(ref call); break;
                case "exchange_equal": ExchangeEqual(ref call); break;
                case "increment": Increment(ref call); break;
                case "pop": Pop(ref call); break;
                case "remove": RemoveKey(ref call); break;
                case "clear": Clear(ref call); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<HostedObject> References() => _entries.Values.SelectMany(entry => entry.Value.References ?? []);

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _changes.Clear();
            StoredValue[] values = [.. _entries.Values.Select(entry => entry.Value)];
            _entries.Clear();
            return values;
        }
    }

    public override string ToString() => $"{TypeName} of {_entries.Count}";

    private void Get(ref CallFrame call)
    {
        ReadOnlyMemory<byte> key = call.ReadBytes();
        call.Write(_lookup.TryGetValue(key.Span, out Entry entry) ? entry.Value : throw NoSuchKey(key));
    }

    /// <summary>Writes <c>[version, value]</c>; the version of an absent one is −1.</summary>
    private void TryGet(ref CallFrame call) => WriteVersioned(ref call, call.ReadBytes());

    private void GetMany(ref CallFrame call)
    {
        List<StoredValue> keys = call.ReadValues();
        call.WriteArrayHeader(keys.Count);
        foreach (StoredValue key in keys)
        {
            call.Drop(key);
            WriteVersioned(ref call, key.Bytes);
        }
    }

    private void WriteVersioned(ref CallFrame call, ReadOnlyMemory<byte> key)
    {
        bool exists = _lookup.TryGetValue(key.Span, out Entry entry);
        call.WriteArrayHeader(2);
        call.Write(exists ? entry.Version : -1);
        call.Write(exists ? entry.Value : StoredValue.Nil);
    }

    private void WriteKeys(ref CallFrame call)
    {
        call.WriteArrayHeader(_entries.Count);
        foreach (byte[] key in _entries.Keys)
        {
            call.WriteKey(key);
        }
    }

    private void Snapshot(ref CallFrame call)
    {
        call.WriteMapHeader(_entries.Count);
        foreach (var (key, entry) in _entries)
        {
            call.WriteKey(key);
            call.Write(entry.Value);
        }
    }

    private void WriteText(ref CallFrame call)
    {
        call.WriteMapHeader(_entries.Count);
        foreach (var (key, entry) in _entries)
        {
            call.WriteKey(key);
            call.WriteText(entry.Value);
        }
    }

    private void Add(ref CallFrame call)
    {
        ReadOnlyMemory<byte> key = call.ReadBytes();
        StoredValue value = call.ReadValue();
        bool isNew = !_lookup.ContainsKey(key.Span);
        if (isNew)
        {
            Put(ref call, key, value);
        }
        else
        {
            call.Drop(value);
        }

        call.Write(isNew);
    }

    private void GetOrAdd(ref CallFrame call)
    {
        ReadOnlyMemory<byte> key = call.ReadBytes();
        StoredValue value = call.ReadValue();
        if (_lookup.TryGetValue(key.Span, out Entry entry))
        {
            call.Drop(value);
            value = entry.Value;
        }
        else
        {
            Put(ref call, key, value);
        }

        call.Write(value);
    }

    private void Update(ref CallFrame call)
    {
        foreach (var (key, value) in call.ReadPairs())
        {
            Put(ref call, key, value);
        }
    }

    /// <summary>Sets the value if it still has the version that the new one was made from; −1 if there was none.</summary>
    private void CompareExchange(ref CallFrame call)
    {
        ReadOnlyMemory<byte> key = call.ReadBytes();
        bool exists = _lookup.TryGetValue(key.Span, out Entry entry);
        PutIf(call.ReadInt64() == (exists ? entry.Version : -1), ref call, key);
    }

    /// <summary>Sets the value if there is one that equals the expected one.</summary>
    private void ExchangeEqual(ref CallFrame call)
    {
        ReadOnlyMemory<byte> key = call.ReadBytes();
        bool exists = _lookup.TryGetValue(key.Span, out Entry entry);
        PutIf(call.ReadBytes().Span.SequenceEqual(entry.Value.Bytes) && exists, ref call, key);
    }

    private void PutIf(bool isWanted, ref CallFrame call, ReadOnlyMemory<byte> key)
    {
        StoredValue value = call.ReadValue();
        if (isWanted)
        {
            Put(ref call, key, value);
        }
        else
        {
            call.Drop(value);
        }

        call.Write(isWanted);
    }

    private void Increment(ref CallFrame call)
    {
        ReadOnlyMemory<byte> key = call.ReadBytes();
        StoredValue current = _lookup.TryGetValue(key.Span, out Entry entry) ? entry.Value : StoredValue.Nil;
        StoredValue sum = NumberValue.Add(current.Bytes, call.ReadBytes());
        Put(ref call, key, sum);
        call.Write(sum);
    }

    /// <summary>Removes and writes <c>[version, value]</c>; of any key if none is given, and then <c>[key, value]</c>.</summary>
    private void Pop(ref CallFrame call)
    {
        if (call.ArgumentsLeft > 0)
        {
            ReadOnlyMemory<byte> wanted = call.ReadBytes();
            WriteVersioned(ref call, wanted);
            _ = TryRemove(ref call, wanted);
            return;
        }

        if (_entries.Count == 0)
        {
            throw new CallFailedException(FailureCode.InvalidOperation, $"The {TypeName} is empty.");
        }

        var (key, entry) = _entries.Last();
        call.WriteArrayHeader(2);
        call.WriteKey(key);
        call.Write(entry.Value);
        _ = TryRemove(ref call, key);
    }

    private void RemoveKey(ref CallFrame call) => call.Write(TryRemove(ref call, call.ReadBytes()));

    private void Clear(ref CallFrame call)
    {
        call.Drop(_entries.Values.Select(entry => entry.Value));
        _entries.Clear();
        _changes.Add(SharedChangeKind.Replaced, ReadOnlyMemory<byte>.Empty);
    }

    private bool TryRemove(ref CallFrame call, ReadOnlyMemory<byte> key)
    {
        if (!_lookup.Remove(key.Span, out _, out Entry entry))
        {
            return false;
        }

        call.Drop(entry.Value);
        _changes.Add(SharedChangeKind.Removed, key);
        return true;
    }

    private void Put(ref CallFrame call, ReadOnlyMemory<byte> key, StoredValue value)
    {
        if (_lookup.TryGetValue(key.Span, out Entry old))
        {
            call.Drop(old.Value);
        }

        _changes.Add(SharedChangeKind.Set, key);
        _lookup[key.Span] = new Entry(value, _changes.Version);
    }

    private CallFailedException NoSuchKey(ReadOnlyMemory<byte> key) =>
        new(FailureCode.KeyNotFound, $"The {TypeName} has no {ValueText.Of(key)}.");

    private readonly record struct Entry(StoredValue Value, long Version);
}
