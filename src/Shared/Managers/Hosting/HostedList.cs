namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A list of values; with a fixed length, an array. Negative positions count from the end, −1 being the last.</summary>
internal sealed class HostedList : HostedObject
{
    private readonly bool _isFixed;
    private readonly ChangeFeed _changes;
    private List<StoredValue> _values;

    public HostedList(List<StoredValue> values, bool isFixed)
    {
        (_values, _isFixed) = (values, isFixed);
        _changes = new ChangeFeed(Gate);
    }

    public override string TypeName => _isFixed ? "array" : "list";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "get": call.Write(_values[ReadIndex(ref call)]); break;
                case "length": call.Write(_values.Count); break;
                case "range": Range(ref call); break;
                case "snapshot": Snapshot(ref call); break;
                case "index_of": call.Write(IndexOf(call.ReadBytes())); break;
                case "count": Count(ref call); break;
                case "watch": _changes.Watch(ref call); break;
                case "set": Set(ref call); break;
                case "exchange": Exchange(ref call); break;
                case "compare_exchange": CompareExchange(ref call); break;
                case "increment": Increment(ref call); break;
                case "replace": Replace(ref call); break;
                case "reverse": _values.Reverse(); Reordered(); break;
                case "append" when !_isFixed: Append(ref call); break;
                case "extend" when !_isFixed: Extend(ref call); break;
                case "insert" when !_isFixed: Insert(ref call); break;
                case "pop" when !_isFixed: Pop(ref call); break;
                case "remove" when !_isFixed: RemoveFirst(ref call); break;
                case "remove_range" when !_isFixed: RemoveRange(ref call); break;
                case "clear" when !_isFixed: call.Drop(_values); _values.Clear(); Reordered(); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<HostedObject> References() => _values.SelectMany(value => value.References ?? []);

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _changes.Clear();
            List<StoredValue> values = _values;
            _values = [];
            return values;
        }
    }

    public override string ToString() => $"{TypeName} of {_values.Count}";

    private void Range(ref CallFrame call)
    {
        int start = ReadPosition(ref call);
        call.Write(_values.GetRange(start, Math.Clamp(call.ReadInt32(), 0, _values.Count - start)));
    }

    private void Snapshot(ref CallFrame call)
    {
        call.WriteArrayHeader(2);
        call.Write(_changes.Version);
        call.Write(_values);
    }

    private void Count(ref CallFrame call)
    {
        ReadOnlyMemory<byte> value = call.ReadBytes();
        call.Write(_values.Count(other => other.Bytes.AsSpan().SequenceEqual(value.Span)));
    }

    private void Set(ref CallFrame call)
    {
        int index = ReadIndex(ref call);
        Put(ref call, index, call.ReadValue());
    }

    private void Exchange(ref CallFrame call)
    {
        int index = ReadIndex(ref call);
        StoredValue value = call.ReadValue();
        call.Write(_values[index]);
        Put(ref call, index, value);
    }

    private void CompareExchange(ref CallFrame call)
    {
        int index = ReadIndex(ref call);
        bool isEqual = call.ReadBytes().Span.SequenceEqual(_values[index].Bytes);
        StoredValue value = call.ReadValue();
        if (isEqual)
        {
            Put(ref call, index, value);
        }
        else
        {
            call.Drop(value);
        }

        call.Write(isEqual);
    }

    private void Increment(ref CallFrame call)
    {
        int index = ReadIndex(ref call);
        StoredValue sum = NumberValue.Add(_values[index].Bytes, call.ReadBytes());
        Put(ref call, index, sum);
        call.Write(sum);
    }

    /// <summary>Replaces everything, if nothing has changed since the version that the new content was made from.</summary>
    private void Replace(ref CallFrame call)
    {
        bool isCurrent = call.ReadInt64() == _changes.Version;
        List<StoredValue> values = call.ReadValues();
        if (_isFixed && values.Count != _values.Count)
        {
            throw new CallFailedException(FailureCode.OutOfRange, $"The array has {_values.Count} elements; {values.Count} cannot replace them.");
        }

        call.Drop(isCurrent ? _values : values);
        if (isCurrent)
        {
            _values = values;
            Reordered();
        }

        call.Write(isCurrent);
    }

    private void Append(ref CallFrame call)
    {
        _values.Add(call.ReadValue());
        _changes.Add(SharedChangeKind.Inserted, _values.Count - 1);
    }

    private void Extend(ref CallFrame call)
    {
        foreach (StoredValue value in call.ReadValues())
        {
            _values.Add(value);
            _changes.Add(SharedChangeKind.Inserted, _values.Count - 1);
        }
    }

    private void Insert(ref CallFrame call)
    {
        int index = ReadPosition(ref call);
        _values.Insert(index, call.ReadValue());
        _changes.Add(SharedChangeKind.Inserted, index);
    }

    private void Pop(ref CallFrame call)
    {
        int index = call.ArgumentsLeft == 0 ? Checked(-1) : ReadIndex(ref call);
        call.Write(_values[index]);
        RemoveAt(ref call, index);
    }

    private void RemoveFirst(ref CallFrame call)
    {
        int index = IndexOf(call.ReadBytes());
        if (index >= 0)
        {
            RemoveAt(ref call, index);
        }

        call.Write(index >= 0);
    }

    private void RemoveRange(ref CallFrame call)
    {
        int start = ReadPosition(ref call);
        int count = Math.Clamp(call.ReadInt32(), 0, _values.Count - start);
        call.Drop(_values.GetRange(start, count));
        _values.RemoveRange(start, count);
        Reordered();
    }

    private void RemoveAt(ref CallFrame call, int index)
    {
        call.Drop(_values[index]);
        _values.RemoveAt(index);
        _changes.Add(SharedChangeKind.Removed, index);
    }

    private void Put(ref CallFrame call, int index, StoredValue value)
    {
        call.Drop(_values[index]);
        _values[index] = value;
        _changes.Add(SharedChangeKind.Set, index);
    }

    private void Reordered() => _changes.Add(SharedChangeKind.Replaced, ReadOnlyMemory<byte>.Empty);

    private int IndexOf(ReadOnlyMemory<byte> value) => _values.FindIndex(other => other.Bytes.AsSpan().SequenceEqual(value.Span));

    private int ReadIndex(ref CallFrame call) => Checked(call.ReadInt32());

    private int Checked(int index)
    {
        int position = index < 0 ? index + _values.Count : index;
        return position >= 0 && position < _values.Count
            ? position
            : throw new CallFailedException(FailureCode.OutOfRange, $"The {TypeName} has {_values.Count} elements; there is none at {index}.");
    }

    /// <summary>A place between elements, so that the end is one, too.</summary>
    private int ReadPosition(ref CallFrame call)
    {
        int index = call.ReadInt32();
        int position = index < 0 ? index + _values.Count : index;
        return position >= 0 && position <= _values.Count
            ? position
            : throw new CallFailedException(FailureCode.OutOfRange, $"The {TypeName} has {_values.Count} elements; {index} is beyond its end.");
    }
}
