namespace IpcDemos.Shared.Serialization;

/// <summary>
/// The way from the value at fault out to the whole, noted by exception filters as an exception passes them. Nothing is done, and nothing
/// is allocated, while all goes well.
/// </summary>
/// <remarks>
/// Filters, because all of them run before the first frame is left, from the innermost outwards. Each returns false: they only look.
/// </remarks>
internal static class FailureTrace
{
    [ThreadStatic]
    private static Exception? s_exception;

    [ThreadStatic]
    private static List<FailureStep>? s_steps;

    /// <summary>Notes a value that was being written as a <typeparamref name="T"/>.</summary>
    public static bool NoteValue<T>(Exception exception, T value) => Note(exception, new FailureStep { Value = value, Type = typeof(T) });

    /// <summary>Notes the member that was being written of the value that is noted next.</summary>
    public static bool NoteMember(Exception exception, string name) => Note(exception, new FailureStep { Segment = "." + name });

    /// <summary>Notes where in the message a value of a type began that was being read.</summary>
    public static bool NoteStart(Exception exception, long offset, Type type) =>
        Note(exception, new FailureStep { Offset = offset, Type = type });

    /// <summary>What was noted of <paramref name="exception"/>, innermost first.</summary>
    public static List<FailureStep> Take(Exception exception)
    {
        List<FailureStep> steps = ReferenceEquals(s_exception, exception) ? s_steps ?? [] : [];
        s_exception = null;
        s_steps = null;
        return steps;
    }

    private static bool Note(Exception exception, FailureStep step)
    {
        // Another exception than before: that one was caught somewhere inside and its way is of no interest any more.
        if (!ReferenceEquals(s_exception, exception))
        {
            s_exception = exception;
            s_steps = [];
        }

        s_steps!.Add(step);
        return false;
    }
}
