using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>Possible after some time.</summary>
internal sealed class TimeoutGuard(TimeSpan timeout, Action? action) : Guard
{
    internal override Alternative Begin() => new TimeAlternative(Deadline.After(timeout));

    internal override void Act() => action?.Invoke();
}
