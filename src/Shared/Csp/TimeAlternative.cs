using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Csp;

/// <summary>Becomes possible when a time has come; at once, if it has.</summary>
internal sealed class TimeAlternative(Deadline deadline) : Alternative
{
    public override Deadline Deadline => deadline;

    public override bool TryDo() => deadline.HasPassed;
}
