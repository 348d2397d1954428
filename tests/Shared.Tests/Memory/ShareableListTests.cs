using System.Text;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Memory;

public sealed class ShareableListTests
{
    private static readonly object?[] s_sample = [1L, "abc", null, 2.5, true, new byte[] { (byte)'x', (byte)'y' }];

    [Fact(Timeout = 60_000)]
    public void The_bytes_are_those_that_Python_writes()
    {
        using var list = new ShareableList(s_sample);
        string expected =
            "0600000000000000" // number of items
            + "0000000000000000" + "0800000000000000" + "1000000000000000" + "1800000000000000" // offsets
            + "2000000000000000" + "2800000000000000" + "3000000000000000"
            + "0100000000000000" + "6162630000000000" + "0000000000000000" + "0000000000000440" // slots
            + "0000000000000001" + "7879000000000000"
            + "7100000000000000" + "3873000000000000" + "7878787878783F78" + "6400000000000000" // formats
            + "787878787878783F" + "3873000000000000"
            + "000103000002"; // codes
        Assert.Equal(166, expected.Length / 2);
        Assert.Equal(expected, Convert.ToHexString(list.SharedMemory.GetSpan(0, 166)));
        Assert.Equal("q8sxxxxxx?xdxxxxxxx?8s", list.Format);
    }

    [Fact(Timeout = 60_000)]
    public void The_seven_kinds_of_items_are_kept_and_found()
    {
        using var list = new ShareableList([.. s_sample, "", 273.15f, -42, (byte)7, uint.MaxValue, Array.Empty<byte>(), 1L]);
        Assert.Equal(13, list.Count);
        Assert.Equal([.. s_sample, "", (double)273.15f, -42L, 7L, (long)uint.MaxValue, Array.Empty<byte>(), 1L], list);
        Assert.Equal(1L, list[^1]);
        Assert.Equal(2, list.CountOf(1));
        Assert.Equal(0, list.IndexOf(1L));
        Assert.Equal(5, list.IndexOf("xy"u8.ToArray()));
        Assert.Equal(2, list.IndexOf(null));
        Assert.Equal(-1, list.IndexOf("not there"));
        Assert.Equal(0, list.CountOf(false));
    }

    [Fact(Timeout = 60_000)]
    public void An_item_may_change_its_type_in_place_but_not_outgrow_its_slot()
    {
        using var list = new ShareableList([1, "a text of 20 letters"]);
        list[0] = "letters8";
        Assert.Equal("letters8", list[0]);
        list[0] = 2.5;
        list[0] = null;
        list[0] = true;
        Assert.Equal(true, list[0]);
        Assert.Contains("room for 8", Assert.Throws<ArgumentException>(() => list[0] = "letters 9").Message, StringComparison.Ordinal);
        Assert.Equal(true, list[0]);
        list[1] = 5;
        Assert.Equal(5L, list[1]);
        list[1] = new string('x', 24);
        list[1] = "short";
        Assert.Equal("short", list[1]);
        Assert.Throws<ArgumentException>(() => list[1] = new string('x', 25));
    }

    [Fact(Timeout = 60_000)]
    public void Text_that_is_not_ASCII_and_zeros_at_the_end_are_kept()
    {
        object?[] items = [new string('é', 15), "日本語", "🙂", "a\0", "\0\0", new byte[] { 1, 0, 0 }, new byte[8], new string('\0', 500)];
        using var list = new ShareableList(items);
        Assert.Equal(items, list);
        list[0] = "b\0";
        Assert.Equal("b\0", list[0]);
        list[0] = "c";
        Assert.Equal("c", list[0]);
        list[6] = new byte[16];
        Assert.Equal(new byte[16], list[6]);
    }

    [Fact(Timeout = 60_000)]
    public void Indexes_that_are_not_there_are_refused()
    {
        using var list = new ShareableList([1, 2, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[^4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[3] = 1);
    }

    [Fact(Timeout = 60_000)]
    public void What_a_list_cannot_hold_is_refused_and_leaves_nothing()
    {
        string name = $"ipct{Random.Shared.Next():x}";
        Assert.Contains("System.Decimal", Assert.Throws<ArgumentException>(() => new ShareableList([1m], name)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ShareableList([ulong.MaxValue], name));
        Assert.Throws<ArgumentException>(() => new ShareableList(["\uD800"], name));
        Assert.Throws<ArgumentException>(() => new ShareableList([new byte[10_000_000]], name));
        Assert.Throws<FileNotFoundException>(() => ShareableList.Open(name));
        using var large = new ShareableList([new string('x', 5_000_000)]);
        Assert.Equal(5_000_000, ((string)large[0]!).Length);
    }

    [Fact(Timeout = 60_000)]
    public void It_is_attached_to_by_name_copied_under_a_new_one_and_may_be_empty()
    {
        using var list = new ShareableList(s_sample);
        using var attached = ShareableList.Open(list.Name);
        attached[0] = 42;
        Assert.Equal(42L, list[0]);
        Assert.Equal(list.Format, attached.Format);

        using var copy = new ShareableList(list);
        Assert.NotEqual(list.Name, copy.Name);
        copy[0] = 1;
        Assert.Equal(42L, list[0]);

        using var empty = new ShareableList([]);
        Assert.Empty(empty);
        Assert.Equal(16, empty.SharedMemory.Length);
        using var emptyToo = ShareableList.Open(empty.Name);
        Assert.Empty(emptyToo);
        Assert.Equal("", emptyToo.Format);
    }

    [Fact(Timeout = 60_000)]
    public void A_reference_is_as_small_for_a_long_list_and_not_found_once_the_list_is_gone()
    {
        var list = new ShareableList(Enumerable.Range(0, 10_000).Cast<object?>());
        byte[] message = MessageSerializer.Serialize(list);
        Assert.InRange(message.Length, 1, 50);
        using (ShareableList received = MessageSerializer.Deserialize<ShareableList>(message))
        {
            received[9_999] = "changed";
            Assert.Equal("changed", list[9_999]);
        }

        list.Dispose();
        Assert.Throws<ObjectDisposedException>(() => list[0]);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows the name goes with the last user.");
        Assert.IsType<FileNotFoundException>(
            Assert.ThrowsAny<Exception>(() => MessageSerializer.Deserialize<ShareableList>(message)).GetBaseException());
    }

    [Fact(Timeout = 60_000)]
    public void Memory_that_is_not_a_list_is_refused_whatever_is_in_it()
    {
        using var good = new ShareableList(s_sample);
        byte[] image = good.SharedMemory.GetSpan(0, 166).ToArray();
        var random = new Random(3);
        for (int round = 0; round < 3000; round++)
        {
            byte[] bad = [.. image.AsSpan(0, random.Next(2) == 0 ? image.Length : random.Next(image.Length))];
            for (int change = 0; change < random.Next(1, 4) && bad.Length > 0; change++)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            using var memory = SharedMemory.CreateNamed(null, bad.Length);
            memory.Write(0, bad);
            try
            {
                using var list = ShareableList.Open(memory.Name!);
                for (int index = 0; index < list.Count; index++)
                {
                    ReadOrBeRefused(list, index);
                }
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public void Random_lists_come_back_as_they_were_made()
    {
        var random = new Random(11);
        for (int round = 0; round < 200; round++)
        {
            object?[] items = [.. Enumerable.Range(0, random.Next(20)).Select(_ => RandomItem(random))];
            using var list = new ShareableList(items);
            using var attached = ShareableList.Open(list.Name);
            Assert.Equal(items, attached);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_access_under_way_survives_that_another_program_shortens_the_memory(bool isReading)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere nobody can shorten it.");
        byte[] large = new byte[5_000_000];
        Array.Fill(large, (byte)1);
        using var list = new ShareableList([1, large]);
        using var began = new ProcessEvent();
        using var worker = WorkerProcess.Create(UseUntilShortened, list.Name, isReading, began);
        worker.Start();
        Assert.True(began.Wait(TimeSpan.FromSeconds(30)));
        Task end = worker.JoinAsync();
        using (FileStream file = File.OpenWrite($"/dev/shm/{list.Name}"))
        {
            // Again and again: a write that had looked just before makes it as long as it was.
            while (!end.IsCompleted)
            {
                file.SetLength(100);
                await Task.Yield();
            }
        }

        await end;
        Assert.True(worker.ExitCode == 0, $"{worker.ExitCode}: {worker.Error}");
    }

    private static void UseUntilShortened(string name, bool isReading, ProcessEvent began)
    {
        using var list = ShareableList.Open(name);
        byte[] large = (byte[])list[1]!;
        began.Set();
        try
        {
            while (true)
            {
                if (isReading)
                {
                    _ = list[1];
                }
                else
                {
                    list[1] = large;
                }
            }
        }
        catch (IOException)
        {
        }
    }

    private static void ReadOrBeRefused(ShareableList list, int index)
    {
        try
        {
            _ = list[index];
        }
        catch (InvalidDataException)
        {
        }
    }

    private static object? RandomItem(Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                return random.NextInt64(long.MinValue, long.MaxValue);
            case 1:
                return random.NextDouble() * 1e300;
            case 2:
                return random.Next(2) == 0;
            case 3:
                var text = new StringBuilder();
                for (int length = random.Next(30); length > 0; length--)
                {
                    _ = text.Append(new Rune(random.Next(0x20, 0xD7FF)));
                }

                return text.ToString();
            case 4:
                byte[] bytes = new byte[random.Next(30)];
                random.NextBytes(bytes);
                return bytes;
            default:
                return null;
        }
    }
}
