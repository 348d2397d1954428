using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>Holds one member's value, unboxed, from when it is read until the object that it belongs to is built.</summary>
internal abstract class MemberCell
{
    /// <summary>Whether the message said anything about the member. A field: generated code reads it.</summary>
    public bool IsSet;

    public abstract void Read(ref MessagePackReader reader, MessagePackSerializerOptions options);

    public abstract void Clear();
}

/// <inheritdoc cref="MemberCell"/>
internal sealed class MemberCell<TValue> : MemberCell
{
    /// <summary>The value read, or what the constructor's parameter is when it is left out. A field: generated code reads it.</summary>
    public TValue? Value;

    private readonly TValue? _initial;

    public MemberCell(TValue? initial) => Value = _initial = initial;

    public override void Read(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        Value = MessageResolver.Formatter<TValue>().Deserialize(ref reader, options);
        IsSet = true;
    }

    public override void Clear()
    {
        Value = _initial;
        IsSet = false;
    }
}
