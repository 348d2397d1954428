using System.Diagnostics;
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
    string Name, byte[] Message, bool IsCooperative, IReadOnlyList<Action> PassedOn, object?[] Arguments, Activity? Activity)
{
    private const int MaximumRemembered = 4096;

    /// <summary>Serializes on the caller's thread, so that what cannot travel throws there.</summary>
    public static PoolCall Write(Delegate call, object?[] arguments, string? name = null)
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
                message.Bytes.Length <= MaximumRemembered ? arguments : [],
                activity);
        }
        catch
        {
            activity?.Dispose();
            throw;
        }
    }
}
