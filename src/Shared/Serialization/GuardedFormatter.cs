using System.Runtime.CompilerServices;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Serialization;

/// <summary>
/// Surrounds the formatter of anything that can hold other values: stops a cycle before it has used up the stack, and notes the way to
/// the value at fault while an exception passes.
/// </summary>
/// <param name="inner">The formatter that does the work.</param>
/// <param name="exactType">
/// Whether a value must be of the declared type itself. A derived one would lose, unnoticed, what its own type adds.
/// </param>
internal sealed class GuardedFormatter<T>(IMessagePackFormatter<T> inner, bool exactType) : IMessagePackFormatter<T>
{
    public void Serialize(ref MessagePackWriter writer, T value, MessagePackSerializerOptions options)
    {
        int depth = WriteDepth.Enter();
        try
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            if (exactType && value is not null && value.GetType() != typeof(T))
            {
                throw new MessageSerializationException(
                    $"{TypeName.Of(value.GetType())} would lose what it adds to the declared type {TypeName.Of(typeof(T))}; declare the "
                    + $"exact type, or an interface or base class with [Union].");
            }

            inner.Serialize(ref writer, value, options);
        }
        catch (Exception e) when (FailureTrace.NoteValue(e, value))
        {
            throw;
        }

        WriteDepth.Leave(depth);
    }

    public T Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        long start = reader.Consumed;
        try
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            return inner.Deserialize(ref reader, options);
        }
        catch (Exception e) when (FailureTrace.NoteStart(e, start, typeof(T)))
        {
            throw;
        }
    }
}
