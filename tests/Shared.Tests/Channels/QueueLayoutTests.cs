using System.Text;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Tests.Channels;

/// <summary>Holds the layouts of queues and of pipes in shared memory to what docs/protocol.md says of them.</summary>
public sealed unsafe class QueueLayoutTests
{
    [Fact(Timeout = 60_000)]
    public void The_parts_of_a_queue_are_where_the_protocol_says()
    {
        QueueState state = default;
        Assert.Equal(1024, sizeof(QueueState));
        Assert.Equal(8, Offset(&state, &state.ItemType));
        Assert.Equal(16, Offset(&state, &state.UnitSize));
        Assert.Equal(20, Offset(&state, &state.Units));
        Assert.Equal(24, Offset(&state, &state.MaximumItems));
        Assert.Equal(28, Offset(&state, &state.FullMode));
        Assert.Equal(128, Offset(&state, &state.TailLock));
        Assert.Equal(192, Offset(&state, &state.Tail));
        Assert.Equal(200, Offset(&state, &state.KnownHead));
        Assert.Equal(208, Offset(&state, &state.Completed));
        Assert.Equal(216, Offset(&state, &state.Dropped));
        Assert.Equal(256, Offset(&state, &state.HeadLock));
        Assert.Equal(320, Offset(&state, &state.Head));
        Assert.Equal(328, Offset(&state, &state.KnownTail));
        Assert.Equal(384, Offset(&state, &state.Items));
        Assert.Equal(448, Offset(&state, &state.Room));
        Assert.Equal(512, Offset(&state, &state.Tasks));
        Assert.Equal(576, Offset(&state, &state.MembersLock));
        Assert.Equal(640, Offset(&state, &state.MembersUsed));
        Assert.Equal(644, Offset(&state, &state.Losses));
        Assert.Equal(648, Offset(&state, &state.TracksTasks));
        Assert.Equal(1024, QueueLayout.LossesOffset);
        Assert.Equal(32, sizeof(QueueLossEntry));
        Assert.Equal(4096, QueueLayout.MembersOffset);
        Assert.Equal(64, sizeof(QueueMember));
        Assert.Equal(36_864, QueueLayout.RingOffset);
        Assert.Equal("IPCDQUE1", Text(QueueState.CurrentMagic));
    }

    [Fact(Timeout = 60_000)]
    public void The_entries_of_a_queue_are_what_the_protocol_says()
    {
        QueueMember member = default;
        Assert.Equal(8, Offset(&member, &member.Taken));
        Assert.Equal(16, Offset(&member, &member.NextTaken));
        Assert.Equal(24, Offset(&member, &member.NextHead));
        Assert.Equal(32, Offset(&member, &member.Done));
        Assert.Equal(40, Offset(&member, &member.TakenBefore));
        Assert.Equal(48, Offset(&member, &member.DoneBefore));
        Assert.Equal(56, Offset(&member, &member.Left));
        Assert.Equal([0, 1, 2], [(int)QueueLeaving.Not, (int)QueueLeaving.DoneWithItems, (int)QueueLeaving.WithItemsMarked]);
        Assert.Equal(4, sizeof(QueueLeaving));
        QueueLossEntry loss = default;
        Assert.Equal(8, Offset(&loss, &loss.Member));
        Assert.Equal(12, Offset(&loss, &loss.ExitCode));
        Assert.Equal(16, Offset(&loss, &loss.Taken));
        Assert.Equal(24, Offset(&loss, &loss.Done));
        Assert.Equal(64, sizeof(GateState));
    }

    [Fact(Timeout = 60_000)]
    public void A_position_is_its_items_above_its_units_and_both_wrap_around_alone()
    {
        Assert.Equal(0x0000_0003_0000_0007ul, new RingPosition(0).Advance(3, 7).Packed);
        Assert.Equal(0x0000_0000_0000_0001ul, new RingPosition(0xFFFF_FFFF_0000_0000).Advance(1, 1).Packed);
        Assert.Equal(0x0000_0001_0000_0000ul, new RingPosition(0x0000_0000_FFFF_FFFF).Advance(1, 1).Packed);
    }

    [Fact(Timeout = 60_000)]
    public void A_record_is_what_the_protocol_says()
    {
        using var buffer = RecordBuffer.Rent();
        QueueItems<string>.Write(buffer, ["abc"], 100);
        Assert.Equal([4, 0, 0, 0, 0, 0, 0, 0, 0xA3, (byte)'a', (byte)'b', (byte)'c', 0, 0, 0, 0], buffer.Written.ToArray());
        buffer.Clear();
        QueueItems<short>.Write(buffer, [1, 2], 100);
        Assert.Equal([1, 0, 2, 0], buffer.Written.ToArray());
    }

    [Fact(Timeout = 60_000)]
    public void The_parts_of_a_pipe_are_where_the_protocol_says()
    {
        RingPipeState state = default;
        Assert.Equal(512, sizeof(RingPipeState));
        Assert.Equal(64, Offset(&state, &state.Reader));
        Assert.Equal(72, Offset(&state, &state.Writer));
        Assert.Equal(80, Offset(&state, &state.NextReader));
        Assert.Equal(88, Offset(&state, &state.NextWriter));
        Assert.Equal(128, Offset(&state, &state.Tail));
        Assert.Equal(256, Offset(&state, &state.Head));
        Assert.Equal(384, Offset(&state, &state.Readable));
        Assert.Equal(448, Offset(&state, &state.Writable));
        Assert.Equal(131_072, RingPipeState.Capacity);
        Assert.Equal("IPCDPIP1", Text(RingPipeState.CurrentMagic));
        Assert.True(ProcessIdentity.Current.Packed >> 31 << 63 == 0, "Bit 31 is free for the mark of an end that moves.");
    }

    private static int Offset(void* start, void* field) => (int)((byte*)field - (byte*)start);

    private static string Text(ulong magic) => Encoding.ASCII.GetString(BitConverter.GetBytes(magic));
}
