namespace IpcDemos.Shared.Managers;

/// <summary>How that is released what a call acquired although nobody waits for it any more.</summary>
/// <param name="Target">The object that it acquires; 0: none.</param>
/// <param name="Argument">What its method <c>release</c> is given.</param>
internal readonly record struct LateRelease(ulong Target, ulong Argument)
{
    /// <summary>Whether the answer of the call means that something was acquired.</summary>
    public bool IsDue(ReplyKind kind, ReadOnlySpan<byte> answer) =>
        Target != 0 && kind == ReplyKind.Result && answer is not ([0x00] or [0xc2]);
}
