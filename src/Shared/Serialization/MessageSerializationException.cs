using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// A value could not be written as a message, or a message could not be read as a value. It is the only exception that reading bytes,
/// however damaged, ends in.
/// </summary>
public sealed class MessageSerializationException : MessagePackSerializationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">What was wrong, with which value, and what to do instead.</param>
    /// <param name="memberPath">Where in the value: <c>Order.Lines[3].Stream</c>.</param>
    /// <param name="innerException">What a formatter or a property threw, if it was not this layer that refused.</param>
    public MessageSerializationException(string reason, string memberPath, Exception? innerException = null)
        : base($"{memberPath}: {reason}", innerException)
    {
        Reason = reason;
        MemberPath = memberPath;
    }

    /// <summary>Refuses from inside a formatter; where in the value that was is found out, and added, as the exception leaves.</summary>
    internal MessageSerializationException(string reason)
        : base(reason) => Reason = reason;

    /// <summary>Where in the value the fault is, from the outermost type inwards, for example <c>Order.Lines[3].Stream</c>.</summary>
    public string MemberPath { get; } = "";

    internal string Reason { get; }
}
