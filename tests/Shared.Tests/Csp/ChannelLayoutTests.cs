using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using IpcDemos.Shared.Csp;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>Holds the layouts to what docs/protocol.md says of them.</summary>
public sealed class ChannelLayoutTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(
        typeof(ChannelState),
        256,
        "Magic 0, ItemType 8, Id 16, ItemSize 24, Capacity 28, DeathPolicy 32, CapacityInBytes 36, Lock 64, Ending 128, EndsUsed 132, OffersUsed 136, "
        + "CauseExitCode 140, CauseProcess 144, LastTicket 152, Head 160, Tail 168")]
    [InlineData(typeof(EndEntry), 24, "Owner 0, NextOwner 8, Side 16, Generation 20")]
    [InlineData(
        typeof(OfferEntry),
        120,
        "Process 0, Ticket 8, Side 16, Guard 20, Slot 24, ReferenceLength 28, ItemLength 32, NeedsReceipt 36, Taker 40, Position 48, Reference 56")]
    [InlineData(typeof(BufferEntry), 16, "Start 0, Length 8")]
    [InlineData(typeof(SlotState), 64, "Word 0, Cell 8")]
    public void Every_field_is_where_the_protocol_says(Type type, int size, string fields)
    {
        Assert.Equal(size, type.StructLayoutAttribute!.Size);
        Assert.Equal(fields, string.Join(", ", type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => $"{field.Name} {field.GetCustomAttribute<FieldOffsetAttribute>()!.Value}")));
    }

    [Fact(Timeout = 60_000)]
    public void The_parts_of_a_channel_are_where_the_protocol_says()
    {
        Assert.Equal("IPCDCSP1", Encoding.ASCII.GetString(BitConverter.GetBytes(ChannelState.CurrentMagic)));
        Assert.Equal(256, ChannelLayout.EndsOffset);
        Assert.Equal(3328, ChannelLayout.OffersOffset);
        Assert.Equal(3328 + (128 * (120 + 8)), ChannelLayout.BufferOffset(itemSize: 8));
        Assert.Equal(3328 + (128 * (120 + 256)) + (3 * 16), ChannelLayout.BytesOffset(ChannelLayout.SerializedSize, capacity: 3));
        Assert.Equal(3328 + (128 * (120 + 8)) + (3 * 16) + 24, ChannelLayout.SizeOf(itemSize: 8, capacity: 3, capacityInBytes: 24));
        Assert.Equal([1, 2], [(int)ChannelSide.Reader, (int)ChannelSide.Writer]);
        Assert.Equal([0, 1, 2, 3], Enum.GetValues<ChannelEnding>().Select(ending => (int)ending));
        Assert.Equal([0, 1], Enum.GetValues<DeathPolicy>().Select(policy => (int)policy));
    }
}
