using IpcDemos.Shared.Serialization;
using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>One request while it is carried out: its arguments to read, its result to write.</summary>
internal ref struct CallFrame
{
    // Each value that is kept takes tens of bytes besides its own, so that a request could take a multiple of its length.
    private const int MaximumItems = 4 * 1024 * 1024;

    private readonly ReadOnlyMemory<byte> _message;
    private readonly int _argumentCount;
    private MessagePackReader _arguments;
    private MessagePackWriter _result;
    private int _read;
    private List<StoredValue>? _kept;
    private List<StoredValue>? _dropped;

    public CallFrame(
        ManagerSession session, uint id, ReadOnlyMemory<byte> message, MessagePackReader arguments, MessagePackWriter result)
    {
        Session = session;
        Id = id;
        _message = message;
        _arguments = arguments;
        _argumentCount = _arguments.ReadArrayHeader();
        _result = result;
    }

    /// <summary>Whose request it is.</summary>
    public ManagerSession Session { get; }

    /// <summary>The request's number at that client.</summary>
    public uint Id { get; }

    /// <summary>Whether the answer comes later, from whoever ends the wait.</summary>
    public bool IsDeferred { get; private set; }

    /// <summary>Whether a result has been written.</summary>
    public bool HasResult { get; private set; }

    public readonly int ArgumentsLeft => _argumentCount - _read;

    public int ReadInt32()
    {
        Next();
        return _arguments.ReadInt32();
    }

    public long ReadInt64()
    {
        Next();
        return _arguments.ReadInt64();
    }

    public ulong ReadUInt64()
    {
        Next();
        return _arguments.ReadUInt64();
    }

    public bool ReadBoolean()
    {
        Next();
        return _arguments.ReadBoolean();
    }

    public string ReadString()
    {
        Next();
        return _arguments.ReadString() ?? throw new CallFailedException(FailureCode.BadArguments, "A text was expected, not nil.");
    }

    /// <summary>A time-out in milliseconds; nil and negative ones mean never.</summary>
    public TimeSpan ReadTimeout()
    {
        Next();
        if (_arguments.TryReadNil())
        {
            return Timeout.InfiniteTimeSpan;
        }

        long milliseconds = _arguments.ReadInt64();
        return milliseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue));
    }

    /// <summary>A value's bytes, valid while the request is carried out.</summary>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        Next();
        int start = (int)_arguments.Consumed;
        ValueScanner.Skip(ref _arguments);
        return _message[start..(int)_arguments.Consumed];
    }

    /// <summary>A value to keep; to be dropped when it is not kept (any more), unless the call fails.</summary>
    public StoredValue ReadValue() => Keep(ReadBytes());

    /// <summary>An array of values to keep.</summary>
    public List<StoredValue> ReadValues()
    {
        Next();
        int count = Limited(_arguments.ReadArrayHeader());
        var values = new List<StoredValue>(count);
        while (count-- > 0)
        {
            int start = (int)_arguments.Consumed;
            ValueScanner.Skip(ref _arguments);
            values.Add(Keep(_message[start..(int)_arguments.Consumed]));
        }

        return values;
    }

    /// <summary>Keys and values to keep, as a map.</summary>
    public List<KeyValuePair<byte[], StoredValue>> ReadPairs()
    {
        Next();
        int count = Limited(_arguments.ReadMapHeader());
        var pairs = new List<KeyValuePair<byte[], StoredValue>>(count);
        while (count-- > 0)
        {
            int start = (int)_arguments.Consumed;
            ValueScanner.Skip(ref _arguments);
            int middle = (int)_arguments.Consumed;
            ValueScanner.Skip(ref _arguments);
            pairs.Add(new(_message[start..middle].ToArray(), Keep(_message[middle..(int)_arguments.Consumed])));
        }

        return pairs;
    }

    /// <summary>An argument of a type that the server knows.</summary>
    public object? Read(Type type)
    {
        Next();
        return MessageSerializer.Read(ref _arguments, type, Session.Origin);
    }

    /// <summary>A reference to one of the server's objects.</summary>
    public HostedObject ReadReference()
    {
        List<ulong>? references = ValueScanner.References(ReadBytes());
        return references is [var number]
            ? Session.Server.Objects.Find(number)
            : throw new CallFailedException(FailureCode.BadArguments, "A reference to a shared object was expected.");
    }

    public void Write(bool value)
    {
        HasResult = true;
        _result.Write(value);
    }

    public void Write(long value)
    {
        HasResult = true;
        _result.Write(value);
    }

    public void Write(string? value)
    {
        HasResult = true;
        _result.Write(value);
    }

    public void WriteNil()
    {
        HasResult = true;
        _result.WriteNil();
    }

    public void WriteArrayHeader(int count)
    {
        HasResult = true;
        _result.WriteArrayHeader(count);
    }

    public void WriteMapHeader(int count)
    {
        HasResult = true;
        _result.WriteMapHeader(count);
    }

    public void Write(Type type, object? value)
    {
        HasResult = true;
        MessageSerializer.Write(ref _result, type, value, Session.Origin);
    }

    public void WriteKey(byte[] key) => _result.WriteRaw(key);

    /// <summary>Gives a value out. The client now holds what it refers to, too.</summary>
    public void Write(in StoredValue value)
    {
        HasResult = true;
        _result.WriteRaw(value.Bytes);
        foreach (HostedObject reference in value.References ?? [])
        {
            Session.Lease(reference);
        }
    }

    public void Write(IReadOnlyCollection<StoredValue> values)
    {
        WriteArrayHeader(values.Count);
        foreach (StoredValue value in values)
        {
            Write(value);
        }
    }

    /// <summary>Gives an object out, to be held by the client.</summary>
    public void WriteReference(HostedObject hosted)
    {
        HasResult = true;
        ManagerReference.Write(ref _result, hosted.Number);
        Session.Lease(hosted);
    }

    /// <summary>Gives a new object out, to be held by the client.</summary>
    public void WriteNew(HostedObject hosted)
    {
        HasResult = true;
        ManagerReference.Write(ref _result, Session.LeaseNew(hosted).Number);
    }

    /// <summary>Gives a value out to be shown, not used: the client does not hold what it refers to.</summary>
    public void WriteText(in StoredValue value)
    {
        HasResult = true;
        _result.WriteRaw(value.Bytes);
    }

    /// <summary>A value is not kept any more. Released after the object's lock, since that may remove other objects.</summary>
    public void Drop(in StoredValue value)
    {
        if (value.References is not null)
        {
            (_dropped ??= []).Add(value);
        }
    }

    public void Drop(IEnumerable<StoredValue> values)
    {
        foreach (StoredValue value in values)
        {
            Drop(value);
        }
    }

    /// <summary>Releases what the call dropped; if it failed, what it had read to keep.</summary>
    public readonly void End(bool hasFailed)
    {
        if ((hasFailed ? _kept : _dropped) is { } values)
        {
            Session.Server.Objects.Release(values);
        }
    }

    /// <summary>Leaves the answer to a waiter.</summary>
    public void Defer() => IsDeferred = true;

    public void Flush() => _result.Flush();

    private StoredValue Keep(ReadOnlyMemory<byte> bytes)
    {
        StoredValue value = Session.Server.Objects.Keep(bytes);
        if (value.References is not null)
        {
            (_kept ??= []).Add(value);
        }

        return value;
    }

    private static int Limited(int count) => count <= MaximumItems
        ? count
        : throw new CallFailedException(
            FailureCode.BadArguments, $"A call takes {MaximumItems} values to keep at most, not {count}. Make several calls.");

    private void Next()
    {
        if (_read++ >= _argumentCount)
        {
            throw new CallFailedException(FailureCode.BadArguments, $"The method takes more than the {_argumentCount} arguments that were given.");
        }
    }
}
