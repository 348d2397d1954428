namespace IpcDemos.Shared.Csp;

/// <summary>How a process of a network has ended, unless it failed.</summary>
/// <param name="Value">What it returned, from a worker as bytes; null if it returned nothing or ended by its channels.</param>
/// <param name="Cause">What poisoned it, if that was the death or failure of another.</param>
internal sealed record CspOutcome(object? Value, PoisonCause Cause)
{
    /// <summary>Runs a process and has what ends it end its channels.</summary>
    /// <param name="body">What it runs.</param>
    /// <param name="ends">The ends that it has when it has ended.</param>
    /// <param name="failure">What its channels are poisoned with if it fails.</param>
    public static CspOutcome Of(Func<object?> body, Func<IEnumerable<ChannelEnd>> ends, PoisonCause failure)
    {
        PoisonCause? poison = null;
        try
        {
            return new CspOutcome(body(), default);
        }
        catch (ChannelPoisonedException poisoned)
        {
            poison = poisoned.Cause;
            return new CspOutcome(null, poisoned.Cause);
        }
        catch (ChannelRetiredException)
        {
            return new CspOutcome(null, default);
        }
        catch
        {
            poison = failure;
            throw;
        }
        finally
        {
            foreach (ChannelEnd end in ends())
            {
                if (poison is { } cause)
                {
                    end.PoisonFor(cause);
                }

                end.Retire();
            }
        }
    }
}
