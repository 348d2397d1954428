using System.Buffers;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Plain classes, records and structures without attributes, whatever their visibility, as a map from member names to values. Unlike the
/// package's own contractless formatter it needs no assembly built at run time, which costs a fresh process a tenth of a second.
/// </summary>
internal sealed class ContractFormatter<T> : IMessagePackFormatter<T?>
{
    private readonly ContractMember<T>[] _members;
    private readonly Func<MemberCell[], T> _build;
    private readonly bool _hasCallbacks = typeof(IMessagePackSerializationCallbackReceiver).IsAssignableFrom(typeof(T));

    // One set of cells is kept; a thread that finds it taken (another is reading, or this one is, further out) makes its own.
    private MemberCell[]? _spareCells;

    public ContractFormatter()
    {
        var contract = new ObjectContract<T>();
        _members = contract.Members;
        _build = contract.Build;
    }

    public void Serialize(ref MessagePackWriter writer, T? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        if (_hasCallbacks)
        {
            ((IMessagePackSerializationCallbackReceiver)value).OnBeforeSerialize();
        }

        writer.WriteMapHeader(_members.Length);
        int current = 0;
        try
        {
            foreach (ContractMember<T> member in _members)
            {
                writer.WriteString(member.Utf8Name);
                member.Write(ref writer, ref value, options);
                current++;
            }
        }
        catch (Exception e) when (FailureTrace.NoteMember(e, _members[current].Name))
        {
            throw;
        }
    }

    public T? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
        {
            return default(T) is null
                ? default
                : throw new MessageSerializationException($"nil is no {TypeName.Of(typeof(T))}; declare it as {TypeName.Of(typeof(T))}?.");
        }

        int count = reader.ReadMapHeader();
        options.Security.DepthStep(ref reader);
        MemberCell[] cells = Interlocked.Exchange(ref _spareCells, null) ?? Array.ConvertAll(_members, static member => member.CreateCell());
        try
        {
            ReadMembers(ref reader, count, cells, options);
            T result = _build(cells);
            if (_hasCallbacks)
            {
                ((IMessagePackSerializationCallbackReceiver)result!).OnAfterDeserialize();
            }

            return result;
        }
        finally
        {
            foreach (MemberCell cell in cells)
            {
                cell.Clear();
            }

            Volatile.Write(ref _spareCells, cells);
            reader.Depth--;
        }
    }

    private void ReadMembers(ref MessagePackReader reader, int count, MemberCell[] cells, MessagePackSerializerOptions options)
    {
        int expected = 0;
        for (int i = 0; i < count; i++)
        {
            int index = reader.TryReadStringSpan(out ReadOnlySpan<byte> key)
                ? IndexOf(key, expected)
                : IndexOf((reader.ReadStringSequence() ?? throw new MessageSerializationException("A member's name is nil.")).ToArray(), expected);
            if (index < 0)
            {
                // A newer peer may say more than this type knows.
                reader.Skip();
                continue;
            }

            cells[index].Read(ref reader, options);
            expected = index + 1;
        }
    }

    /// <summary>Members come in the order in which they were written, so the first guess is right but for foreign messages.</summary>
    private int IndexOf(ReadOnlySpan<byte> name, int expected)
    {
        if (expected < _members.Length && name.SequenceEqual(_members[expected].Utf8Name))
        {
            return expected;
        }

        for (int i = 0; i < _members.Length; i++)
        {
            if (name.SequenceEqual(_members[i].Utf8Name))
            {
                return i;
            }
        }

        return -1;
    }
}
