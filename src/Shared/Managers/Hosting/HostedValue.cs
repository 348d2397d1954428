namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>One value.</summary>
internal sealed class HostedValue : HostedObject
{
    private readonly ChangeFeed _changes;
    private StoredValue _value;

    public HostedValue(StoredValue value)
    {
        _value = value;
        _changes = new ChangeFeed(Gate);
    }

    public override string TypeName => "value";

    public override void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call)
    {
        lock (Gate)
        {
            switch (method)
            {
                case "get": call.Write(_value); break;
                case "try_get": call.WriteArrayHeader(2); call.Write(_changes.Version); call.Write(_value); break;
                case "set": Put(ref call, call.ReadValue()); break;
                case "exchange": call.Write(_value); Put(ref call, call.ReadValue()); break;
                case "compare_exchange": PutIf(call.ReadInt64() == _changes.Version, ref call); break;
                case "exchange_equal": PutIf(call.ReadBytes().Span.SequenceEqual(_value.Bytes), ref call); break;
                case "increment": Increment(ref call); break;
                case "watch": _changes.Watch(ref call); break;
                default: throw NoSuchMethod(method);
            }
        }
    }

    public override IEnumerable<HostedObject> References() => _value.References ?? [];

    public override IEnumerable<StoredValue> Remove()
    {
        lock (Gate)
        {
            _changes.Clear();
            StoredValue value = _value;
            _value = StoredValue.Nil;
            return [value];
        }
    }

    public override string ToString() => $"value {ValueText.Of(_value.Bytes)}";

    private void PutIf(bool isWanted, ref CallFrame call)
    {
        StoredValue value = call.ReadValue();
        if (isWanted)
        {
            Put(ref call, value);
        }
        else
        {
            call.Drop(value);
        }

        call.Write(isWanted);
    }

    private void Increment(ref CallFrame call)
    {
        StoredValue sum = NumberValue.Add(_value.Bytes, call.ReadBytes());
        Put(ref call, sum);
        call.Write(sum);
    }

    private void Put(ref CallFrame call, StoredValue value)
    {
        call.Drop(_value);
        _value = value;
        _changes.Add(SharedChangeKind.Set, ReadOnlyMemory<byte>.Empty);
    }
}
