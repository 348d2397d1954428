using MessagePack;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// An exception of another process, as data: its type's name, message, stack and inner exceptions. Nothing of it is loaded or
/// constructed here, so that any exception can be told and none can do harm. Immutable.
/// </summary>
[MessagePackObject]
public sealed class RemoteError
{
    private const int MaximumDepth = 16;

    /// <summary>Creates the description of an error.</summary>
    [SerializationConstructor]
    public RemoteError(string typeName, string message, string? stackTrace, IReadOnlyList<RemoteError> innerErrors)
    {
        TypeName = typeName;
        Message = message;
        StackTrace = stackTrace;
        InnerErrors = innerErrors;
    }

    /// <summary>The full name of the exception's type, such as <c>System.InvalidOperationException</c>.</summary>
    [Key(0)]
    public string TypeName { get; }

    /// <summary>The exception's message.</summary>
    [Key(1)]
    public string Message { get; }

    /// <summary>Where it was thrown, in the other process; <see langword="null"/> if it never was.</summary>
    [Key(2)]
    public string? StackTrace { get; }

    /// <summary>Its inner exceptions, outermost first: one as a rule, several of an <see cref="AggregateException"/>.</summary>
    [Key(3)]
    public IReadOnlyList<RemoteError> InnerErrors { get; }

    /// <summary>Describes an exception of this process.</summary>
    public static RemoteError From(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return From(exception, 0);
    }

    /// <summary>The type, message and remote stack, and those of the inner errors, as an exception's own text shows them.</summary>
    public override string ToString()
    {
        string inner = string.Concat(InnerErrors.Select(error => $"{Environment.NewLine} ---> {error}"));
        string stack = StackTrace is null ? "" : Environment.NewLine + StackTrace;
        return $"{TypeName}: {Message}{inner}{stack}";
    }

    private static RemoteError From(Exception exception, int depth)
    {
        // An exception that is its own inner exception, or a very long chain, ends somewhere.
        IEnumerable<Exception> inner = depth >= MaximumDepth
            ? []
            : exception is AggregateException aggregate ? aggregate.InnerExceptions
            : exception.InnerException is { } one ? [one] : [];
        return exception is RemoteException { Error: var error } && depth == 0
            ? error
            : new RemoteError(
                exception.GetType().FullName ?? exception.GetType().Name,
                Text(exception, static error => error.Message) ?? "",
                Text(exception, static error => error.StackTrace),
                [.. inner.Select(next => From(next, depth + 1))]);
    }

    // The program's own code. Who waits for this error is to be told of it all the same, not to wait for ever.
    private static string? Text(Exception exception, Func<Exception, string?> text)
    {
        try
        {
            return text(exception);
        }
        catch (Exception error)
        {
            return $"(It threw a {error.GetType()} when it was asked.)";
        }
    }
}
