using System.Diagnostics;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Pools;

/// <summary>A call that has been serialized for any of the pool's workers.</summary>
/// <param name="Name">What people know it by.</param>
/// <param name="Message">
/// The bytes that <see cref="CallReader"/> reads; behind them, if it is part of a trace, its parent's id and the trace's state.
/// </param>
/// <param name="IsCooperative">Whether it takes a token as its last argument.</param>
/// <param name="PassedOn">How handles in it that nobody has taken are taken back.</param>
/// <param name="Arguments">For those who ask what was slow; none if they are large, and better not kept in memory.</param>
/// <param name="Activity">Lasts from now to the task's end; null if nobody listens.</param>
internal sealed record PoolCall(
    string Name, byte[] Message, bool IsCooperative, IReadOnlyList<Offer> PassedOn, object?[] Arguments, Activity? Activity)
{
    private const int MaximumRemembered = 4096;

    /// <summary>
    /// Whether it hands over something that only the first who reads it can take, such as a connection: that goes down with the worker,
    /// and whoever ran the call next would only find it gone.
    /// </summary>
    public bool RunsOnce => PassedOn.Any(static offer => offer.IsUsedUp);

    /// <summary>Serializes on the caller's thread, so that what cannot travel throws there.</summary>
    /// <param name="call">What is called.</param>
    /// <param name="arguments">With what.</param>
    /// <param name="name">What people know it by, if that is not the method's name.</param>
    /// <param name="remembered">What of the arguments people want to hear of, if that is not all.</param>
    public static PoolCall Write(Delegate call, object?[] arguments, string? name = null, object?[]? remembered = null)
    {
        name ??= CallBinder.Describe(call);
        Activity? activity = PoolTelemetry.Submit(name);
        try
        {
            CallMessage message = CallMessage.Write(call, arguments, activity ?? Activity.Current);
            return new PoolCall(
                name,
                message.Bytes,
                CallShape.Of(call.Method).TakesToken,
                message.PassedOn,
                message.Bytes.Length <= MaximumRemembered ? remembered ?? arguments : [],
                activity);
        }
        catch
        {
            PoolTelemetry.Stop(activity);
            throw;
        }
    }
}
