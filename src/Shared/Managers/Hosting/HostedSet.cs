namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Distinct values, by their bytes.</summary>
internal sealed class HostedSet : HostedObject
{
    private readonly ChangeFeed _changes;
    private readonly Dictionary<byte[], StoredValue> _values = new(ValueComparer.Instance);
    private readonly Dictionary<byte[], StoredValue>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public HostedSet(ref CallFrame call)
    {
        _changes = new ChangeFeed(Gate);
        _lookup = _values.GetAlternateLookup<ReadOnlySpan<byte>>();
        _ = AddAll(ref call);
    }

    public override string TypeName => "set";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "contains": call.Write(_lookup.ContainsKey(call.ReadBytes().Span)); break;
                case "length": call.Write(_values.Count); break;
                case "snapshot": call.Write(_values.Values); break;
                case "watch": _changes.Watch(ref call); break;
                case "add": call.Write(TryAdd(ref call, call.ReadValue())); break;
                case "remove": call.Write(TryRemove(ref call, call.ReadBytes().Span)); break;
                case "union": call.Write(AddAll(ref call)); break;
                case "except": Except(ref call); break;
                case "intersect": Intersect(ref call); break;
                case "clear": call.Drop(_values.Values); _values.Clear(); _changes.Add(SharedChangeKind.Replaced, default(ReadOnlyMemory<byte>)); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<HostedObject> References() => _values.Values.SelectMany(value => value.References ?? []);

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _changes.Clear();
            StoredValue[] values = [.. _values.Values];
            _values.Clear();
            return values;
        }
    }

    public override string ToString() => $"set of {_values.Count}";

    private int AddAll(ref CallFrame call)
    {
        int added = 0;
        foreach (StoredValue value in call.ReadValues())
        {
            added += TryAdd(ref call, value) ? 1 : 0;
        }

        return added;
    }

    private void Except(ref CallFrame call)
    {
        int removed = 0;
        foreach (StoredValue value in call.ReadValues())
        {
            removed += TryRemove(ref call, value.Bytes) ? 1 : 0;
            call.Drop(value);
        }

        call.Write(removed);
    }

    private void Intersect(ref CallFrame call)
    {
        List<StoredValue> kept = call.ReadValues();
        var common = new HashSet<byte[]>(kept.Select(value => value.Bytes), ValueComparer.Instance);
        byte[][] gone = [.. _values.Keys.Where(value => !common.Contains(value))];
        foreach (byte[] value in gone)
        {
            _ = TryRemove(ref call, value);
        }

        call.Drop(kept);
        call.Write(gone.Length);
    }

    private bool TryAdd(ref CallFrame call, StoredValue value)
    {
        if (!_values.TryAdd(value.Bytes, value))
        {
            call.Drop(value);
            return false;
        }

        _changes.Add(SharedChangeKind.Set, value.Bytes);
        return true;
    }

    private bool TryRemove(ref CallFrame call, ReadOnlySpan<byte> value)
    {
        if (!_lookup.Remove(value, out byte[]? key, out StoredValue removed))
        {
            return false;
        }

        call.Drop(removed);
        _changes.Add(SharedChangeKind.Removed, key);
        return true;
    }
}
