using IpcDemos.Shared.Memory;

namespace IpcDemos.Interop.Tests.Memory;

public sealed class PythonShareableListTests
{
    private static readonly object?[] s_items =
        [1L, -5L, long.MinValue, "abc", "", null, 2.5, double.NegativeInfinity, true, false, new byte[] { 120, 121 }, Array.Empty<byte>(), "exactly8"];

    [Fact(Timeout = 60_000)]
    public async Task Our_list_has_the_very_bytes_of_Pythons()
    {
        using var list = new ShareableList(s_items);
        string theirs = await PythonProgram.RunAsync(
            """
            items = [1, -5, -2**63, 'abc', '', None, 2.5, float('-inf'), True, False, b'xy', b'', 'exactly8']
            made = shared_memory.ShareableList(items)
            print(bytes(made.shm.buf).hex(), made.format)
            made.shm.close()
            made.shm.unlink()
            """);
        int length = (int)list.SharedMemory.Length;
        Assert.Equal(theirs, $"{Convert.ToHexStringLower(list.SharedMemory.Span[..length])} {list.Format}");
    }

    [Fact(Timeout = 60_000)]
    public async Task Python_reads_and_changes_our_list()
    {
        using var list = new ShareableList([.. s_items, new string('é', 15), "zeros\0\0"]);
        string seen = await PythonProgram.RunAsync(
            """
            items = attach_list(sys.argv[1])
            print(ascii(list(items)))
            items[0] = 'text'
            items[3] = 4.5
            items[5] = b'bytes'
            items[10] = None
            items[13] = 'ü' * 10
            items[14] = 'longer'
            items.shm.close()
            """,
            list.Name);
        Assert.Equal(
            @"[1, -5, -9223372036854775808, 'abc', '', None, 2.5, -inf, True, False, b'xy', b'', 'exactly8', "
            + @"'\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9', 'zeros']",
            seen);
        Assert.Equal("text", list[0]);
        Assert.Equal(4.5, list[3]);
        Assert.Equal("bytes"u8.ToArray(), list[5]);
        Assert.Null(list[10]);
        Assert.Equal(new string('ü', 10), list[13]);
        Assert.Equal("longer", list[14]);
    }

    [Fact(Timeout = 60_000)]
    public async Task We_read_and_change_a_list_of_Python()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The list outlives the script only where names outlive processes.");
        string name = await PythonProgram.RunAsync(
            """
            made = shared_memory.ShareableList([7, 'hello', b'xy', None, True, 1.25, 'é' * 5])
            resource_tracker.unregister(made.shm._name, 'shared_memory')
            print(made.shm.name)
            """);
        using var list = ShareableList.Open(name);
        Assert.Equal([7L, "hello", "xy"u8.ToArray(), null, true, 1.25, "éééé"], list);
        list[0] = "12345678";
        list[1] = -1;
        list[2] = "ä\0";
        list[3] = false;
        list[4] = null;
        list[5] = "é";
        Assert.Equal(
            @"['12345678', -1, '\xe4', False, None, '\xe9', '\xe9\xe9\xe9\xe9']",
            await PythonProgram.RunAsync("print(ascii(list(attach_list(sys.argv[1]))))", name));
        Assert.Equal("ä\0", list[2]);
        list.SharedMemory.Unlink();
    }
}
