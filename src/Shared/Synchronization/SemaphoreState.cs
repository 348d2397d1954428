using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Synchronization;

/// <summary>
/// What a <see cref="ProcessSemaphore"/> keeps beside its monitor. A member's <see cref="Member.Value"/> is how many counts the
/// process has acquired less those it has released; it is negative for one that only releases.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SemaphoreState
{
    /// <summary>
    /// How many counts can be acquired: <see cref="Base"/> less the values of all members. Kept so that nobody has to add
    /// up; those two are the truth, and each operation changes them by one store.
    /// </summary>
    [FieldOffset(0)]
    public int Available;

    /// <summary>The most that can be available.</summary>
    [FieldOffset(4)]
    public int Maximum;

    /// <summary>How many counts the semaphore began with; so many come back from processes that die.</summary>
    [FieldOffset(8)]
    public int Initial;

    /// <summary>What would be available if the present members had never done anything.</summary>
    [FieldOffset(12)]
    public int Base;

    /// <summary>1 more than the index of a member that is being removed, or 0; decides whether the removal has happened.</summary>
    [FieldOffset(16)]
    public int RemovedMember;

    /// <summary>What <see cref="Base"/> becomes by that removal.</summary>
    [FieldOffset(20)]
    public int BaseAfterRemoval;
}
