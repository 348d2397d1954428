using System.Reflection;
using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Synchronization;

/// <summary>Holds the layouts to what docs/protocol.md says of them.</summary>
public sealed unsafe class LayoutTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(typeof(WaitCell), 16, "Generation 0, Key 8")]
    [InlineData(typeof(RobustLockState), 64, "Holder 0, Cell 8, Abandoner 24, AbandonerExitCode 32")]
    [InlineData(typeof(RecursiveLockState), 128, "Lock 0, Owner 64, Depth 72")]
    [InlineData(typeof(EventState), 64, "Word 0, Cell 8")]
    [InlineData(typeof(MonitorState), 128, "Lock 0, Version 64, HasWaiters 68, Cell 72, MemberCount 88")]
    [InlineData(typeof(Member), 16, "Process 0, Value 8, Users 12")]
    [InlineData(typeof(SemaphoreState), 64, "Available 0, Maximum 4, Initial 8, Base 12, RemovedMember 16, BaseAfterRemoval 20")]
    [InlineData(
        typeof(BarrierState),
        64,
        "Parties 0, Arrived 4, Generation 8, Phase 12, BrokenGenerations 16, ActionProcess 24, TimeoutTicks 32, Break 40, BreakProcessId 44, BreakExitCode 48, Actors 52")]
    [InlineData(typeof(ConditionState), 64, "LastTicket 0, WaiterCount 8, Cell 16")]
    [InlineData(typeof(ConditionWaiter), 24, "Process 0, Ticket 8, Word 16")]
    public void Every_field_is_where_the_protocol_says(Type type, int size, string fields)
    {
        Assert.Equal(size, type.StructLayoutAttribute!.Size);
        Assert.Equal(fields, string.Join(", ", type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => $"{field.Name} {field.GetCustomAttribute<FieldOffsetAttribute>()!.Value}")));
    }

    [Fact(Timeout = 60_000)]
    public void A_monitored_object_has_room_for_128_members() => Assert.Equal(128 + 64 + (128 * 16), SharedMonitor.ByteSize);

    [Fact(Timeout = 60_000)]
    public void An_identity_has_the_process_number_in_the_lower_half()
    {
        var identity = new ProcessIdentity(0x1234, 0xABCD_EF01);
        Assert.Equal(0xABCD_EF01_0000_1234ul, identity.Packed);
        Assert.Equal(identity, ProcessIdentity.FromPacked(identity.Packed));
        Assert.Equal(Environment.ProcessId, ProcessIdentity.Current.ProcessId);
    }
}
