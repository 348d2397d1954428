using System.Reflection;
using MessagePack;

namespace IpcDemos.Shared.Serialization;

/// <summary>Turns whatever a formatter threw into the one documented exception, with the path to the value at fault.</summary>
internal static class MessageFailure
{
    /// <summary>The exception to throw instead, or null if the fault is not the value's.</summary>
    public static MessageSerializationException? OnWrite(Exception exception, Type type)
    {
        List<FailureStep> steps = FailureTrace.Take(exception);

        // These come from where the message is written to, from a shared thing that was disposed of, or from the machine: what the value
        // is made of is not to blame.
        if (exception is OperationCanceledException or TimeoutException or IOException or ObjectDisposedException
            or OutOfMemoryException or ThreadInterruptedException)
        {
            return null;
        }

        string path = WrittenPath.Of(type, steps, out bool isCycle);
        return isCycle && exception is MessageSerializationException or InsufficientExecutionStackException
            ? new MessageSerializationException(
                "This is an object that the path has passed before. A message is a tree: send what refers to one another as a flat list with "
                + "indexes.", path)
            : Wrap(exception, path);
    }

    /// <summary>The exception to throw instead, or null if the fault is not the message's.</summary>
    public static MessageSerializationException? OnRead(Exception exception, Type type, MessagePackReader start, long fault)
    {
        List<FailureStep> steps = FailureTrace.Take(exception);
        return exception is OperationCanceledException or OutOfMemoryException or ThreadInterruptedException
            ? null
            : Wrap(exception, ReadPath.Of(type, start, fault, steps));
    }

    private static MessageSerializationException Wrap(Exception exception, string path) => exception switch
    {
        // A message inside a message: the inner path continues the outer one.
        MessageSerializationException { MemberPath: { Length: > 0 } inner } nested =>
            new MessageSerializationException(nested.Reason, $"{path}({inner})", nested.InnerException),
        MessageSerializationException refusal => new MessageSerializationException(refusal.Reason, path),
        EndOfStreamException => new MessageSerializationException("The message ends, or claims more elements than it has bytes, here.", path, exception),
        OverflowException => new MessageSerializationException("A number or a length does not fit into its type here.", path, exception),
        InsufficientExecutionStackException => new MessageSerializationException(
            "The value is nested too deep to be held on the stack of this thread.", path, exception),
        TargetInvocationException or TypeInitializationException => Wrap(exception.GetBaseException(), path),
        _ => new MessageSerializationException(exception.Message, path, exception),
    };
}
