using System.Buffers;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Tests.Support;
using MessagePack;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>Processes killed between any two stores of what they do to a segment.</summary>
public sealed class BlockCrashTests
{
    private const int Size = 200_000;

    public BlockCrashTests() => Assert.SkipUnless(CrashPoint.AreCompiledIn, "Only debug builds can be made to crash in a given place.");

    [Theory(Timeout = 60_000)]
    [InlineData("Segment.Claim.Claimed")]
    [InlineData("Segment.Attach.Counted")]
    [InlineData("Segment.Redeem.Attached")]
    public async Task A_receiver_killed_while_it_attaches_leaves_the_block_to_the_others(string point)
    {
        await using MemoryPeerProcess victim = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess survivor = await MemoryPeerProcess.StartAsync();
        using var block = SharedBlock.Allocate(Size);
        Fill(block, 1);
        await victim.OkAsync($"crash {point}");
        await victim.TellAsync($"attach a {Text(block)}");
        _ = await victim.ExitedAsync();
        await survivor.OkAsync($"check {Text(block)} 1");
        Assert.Equal(2, block.ReferenceCount);
        await survivor.KillAsync();
        Assert.Equal(1, block.ReferenceCount);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Segment.Claim.Claimed")]
    [InlineData("Segment.Attach.Counted")]
    public async Task What_a_receiver_was_killed_with_is_used_again(string point)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists a process's mappings.");
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess victim = await MemoryPeerProcess.StartAsync();

        // The reference is read once before, so that the ticket does not keep the block.
        await creator.OkAsync($"allocate a {Size}");
        string reference = await creator.AskAsync("refer a");
        Attach(reference).Dispose();
        await victim.OkAsync($"crash {point}");
        await victim.TellAsync($"attach a {reference}");
        _ = await victim.ExitedAsync();
        await creator.OkAsync("dispose a");

        // An arena has room for five of these, if that of the first one is used again.
        Assert.Equal("1", await creator.AskAsync($"mappings 5 {Size}"));
        Assert.Contains("IOException", await creator.AskAsync($"attach b {reference}"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_block_whose_creator_is_killed_while_it_examines_it_is_still_passed_on()
    {
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess middle = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess last = await MemoryPeerProcess.StartAsync();

        // Keeps the segment when everybody else has gone.
        await creator.OkAsync("allocate other 8");
        await creator.OkAsync($"allocate a {Size}");
        string reference = await creator.AskAsync("refer a");
        await middle.OkAsync($"attach other {await creator.AskAsync("refer other")}");
        Attach(reference).Dispose();
        await creator.OkAsync("crash Segment.Free.Examined");
        await creator.TellAsync("dispose a");
        _ = await creator.ExitedAsync();

        // The table says "examined", and nobody will ever finish that.
        await middle.OkAsync($"attach a {reference}");
        await last.OkAsync($"attach a {await middle.AskAsync("refer a")}");
        Assert.Equal("0", await last.AskAsync("peek a 0"));
        Assert.Equal("2", await last.AskAsync("count a"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Segment.RemoveDead.Claimed")]
    [InlineData("Segment.RemoveDead.Cleared")]
    public async Task A_process_killed_while_it_clears_up_after_a_dead_one_is_cleared_up_after_in_turn(string point)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists a process's mappings.");
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess dead = await MemoryPeerProcess.StartAsync();
        await using MemoryPeerProcess survivor = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync("allocate a 8");
        await survivor.OkAsync($"attach a {await creator.AskAsync("refer a")}");
        await dead.OkAsync($"attach a {await creator.AskAsync("refer a")}");
        Assert.Equal("3", await survivor.AskAsync("count a"));
        await creator.OkAsync($"allocate b {Size}");
        await dead.OkAsync($"attach b {await creator.AskAsync("refer b")}");
        await creator.OkAsync("dispose b");
        await dead.KillAsync();
        await creator.OkAsync($"crash {point}");
        await creator.TellAsync($"mappings 6 {Size}");
        _ = await creator.ExitedAsync();
        Assert.Equal("1", await survivor.AskAsync("count a"));
        using SharedBlock block = Attach(await survivor.AskAsync("refer a"));
        Assert.Equal(2, block.ReferenceCount);
    }

    [Fact(Timeout = 120_000)]
    public async Task Blocks_are_never_torn_or_mixed_up_while_their_holders_are_killed_at_random()
    {
        var random = new Random(5);
        var peers = new List<MemoryPeerProcess>();
        var unanswered = new List<int>();
        try
        {
            for (int round = 0; round < Wine.Times(60); round++)
            {
                while (peers.Count < 3)
                {
                    peers.Add(await MemoryPeerProcess.StartAsync());
                    unanswered.Add(0);
                }

                for (int step = 0; step < 200; step++)
                {
                    using var block = SharedBlock.Allocate((nuint)random.Next(1, step % 50 == 0 ? 400_000 : 2000));
                    byte stamp = (byte)random.Next(1, 256);
                    Assert.True(IsZero(block));
                    Fill(block, stamp);
                    int peer = random.Next(peers.Count);
                    await peers[peer].TellAsync($"check {Text(block)} {stamp}");
                    unanswered[peer]++;
                }

                // One dies with whatever it has just read, has half read or has not read.
                int victim = random.Next(peers.Count);
                for (int answers = random.Next(unanswered[victim]); answers > 0; answers--)
                {
                    Assert.Equal("ok", await peers[victim].AnswerAsync());
                }

                await peers[victim].DisposeAsync();
                peers.RemoveAt(victim);
                unanswered.RemoveAt(victim);
                for (int survivor = 0; survivor < peers.Count; survivor++)
                {
                    for (; unanswered[survivor] > 0; unanswered[survivor]--)
                    {
                        Assert.Equal("ok", await peers[survivor].AnswerAsync());
                    }
                }
            }
        }
        finally
        {
            foreach (MemoryPeerProcess peer in peers)
            {
                await peer.DisposeAsync();
            }
        }
    }

    private static unsafe void Fill(SharedBlock block, byte value) => new Span<byte>(block.Pointer, (int)block.Size).Fill(value);

    private static unsafe bool IsZero(SharedBlock block) => !new Span<byte>(block.Pointer, (int)block.Size).ContainsAnyExcept((byte)0);

    private static string Text(SharedBlock block)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        block.Write(ref writer);
        writer.Flush();
        return Convert.ToBase64String(buffer.WrittenSpan);
    }

    private static SharedBlock Attach(string reference)
    {
        var reader = new MessagePackReader(Convert.FromBase64String(reference));
        return SharedBlock.Read(ref reader);
    }
}
