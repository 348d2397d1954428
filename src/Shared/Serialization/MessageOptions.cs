using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>The settings every formatter is called with; they tell it who stands at the other end.</summary>
internal sealed class MessageOptions : MessagePackSerializerOptions
{
    /// <summary>How deep values may be nested when written, and when read from a process of our own.</summary>
    public const int MaximumDepth = 500;

    /// <summary>How deep a foreign message may be nested: far more than honest data is, far less than a thread's stack holds.</summary>
    public const int MaximumForeignDepth = 128;

    /// <summary>How long a foreign message may be, in bytes.</summary>
    public const long MaximumForeignLength = 256L << 20;

    private MessageOptions(MessageOrigin origin, MessagePackSecurity security)
        : base(new MessagePackSerializerOptions(MessageResolver.Instance).WithSecurity(security)) => Origin = origin;

    // A written value's innermost levels may cost a level more to read than to write (a typed box, a date), hence the margin.
    public static MessageOptions OwnProcess { get; } =
        new(MessageOrigin.OwnProcess, MessagePackSecurity.TrustedData.WithMaximumObjectGraphDepth(MaximumDepth + 16));

    public static MessageOptions Foreign { get; } =
        new(MessageOrigin.Foreign, MessagePackSecurity.UntrustedData.WithMaximumObjectGraphDepth(MaximumForeignDepth));

    /// <summary>Whose process the message comes from or goes to.</summary>
    public MessageOrigin Origin { get; }

    public static MessageOptions For(MessageOrigin origin) => origin == MessageOrigin.OwnProcess ? OwnProcess : Foreign;

    protected override MessagePackSerializerOptions Clone() =>
        throw new NotSupportedException("The settings of messages are fixed; choose between MessageOptions.OwnProcess and MessageOptions.Foreign.");
}
