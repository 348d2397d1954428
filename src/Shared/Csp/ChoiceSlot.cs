using System.Buffers;
using System.Collections.Concurrent;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>
/// The shared word of one choice at a time of this process. Slots are used again and never freed, so a reference to one is good as long
/// as the process lives.
/// </summary>
internal sealed unsafe class ChoiceSlot
{
    private static readonly ConcurrentBag<ChoiceSlot> s_spare = [];
    private static int s_last;

    private ChoiceSlot()
    {
        var block = SharedBlock.Allocate((nuint)sizeof(SlotState));
        State = new SlotWord((SlotState*)block.Pointer);
        var buffer = new ArrayBufferWriter<byte>(OfferEntry.ReferenceSize);
        var writer = new MessagePackWriter(buffer);
        block.Write(ref writer);
        writer.Flush();
        Reference = buffer.WrittenSpan.ToArray();
        Number = Interlocked.Increment(ref s_last);
    }

    /// <summary>Its number in this process.</summary>
    public int Number { get; }

    /// <summary>What another process attaches to it with.</summary>
    public byte[] Reference { get; }

    /// <summary>The word.</summary>
    public SlotWord State { get; }

    /// <summary>A closed slot, to be given back closed by <see cref="Return"/>.</summary>
    public static ChoiceSlot Rent() => s_spare.TryTake(out ChoiceSlot? slot) ? slot : new ChoiceSlot();

    /// <summary>Ends the use.</summary>
    public void Return() => s_spare.Add(this);

    /// <summary>Looks for a while whether the word changes.</summary>
    public bool SpinWhile(uint expected) => BriefSpin.While(State.Word, expected);
}
