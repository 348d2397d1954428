using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using CliWrap;
using CliWrap.Buffered;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>Who removes the files of named memory, and when: what only Linux lets a test see.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class NamedMemoryOwnershipTests
{
    public NamedMemoryOwnershipTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks at /dev/shm.");

    private static string NewName() => $"ipct{Random.Shared.Next():x}";

    private static string PathOf(string name) => "/dev/shm/" + name;

    [Fact(Timeout = 60_000)]
    public void The_file_is_exactly_the_memory_and_for_this_user_only()
    {
        using var memory = SharedMemory.CreateNamed(null, 12_345);
        memory.Span.Fill(0xAB);
        Assert.Equal(Enumerable.Repeat((byte)0xAB, 12_345), File.ReadAllBytes(PathOf(memory.Name!)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf(memory.Name!)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_creator_that_exits_takes_the_name_along()
    {
        string name = NewName();
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"create a {name} 100");
        Assert.True(File.Exists(PathOf(name)));
        Assert.Equal(0, await creator.FinishAsync());
        Assert.False(File.Exists(PathOf(name)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(15, 143)]
    [InlineData(2, 130)]
    [InlineData(1, 129)]
    public async Task A_creator_that_is_asked_to_end_by_a_signal_takes_the_name_along(int signal, int exitCode)
    {
        string name = NewName();
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"create a {name} 100");
        Assert.Equal(0, Signal(creator.ProcessId, signal));
        Assert.Equal(exitCode, await creator.ExitedAsync());
        Assert.False(File.Exists(PathOf(name)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_killed_creator_leaves_the_name_and_cleanup_removes_it()
    {
        string name = NewName();
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"create a {name} 100");
        using var attached = SharedMemory.Open(name);
        await creator.KillAsync();

        // One that runs at the same time in another program may have its hand on the block: then it is that one which removes it.
        await Eventually.HoldsAsync(() =>
        {
            _ = SharedMemory.Cleanup();
            return !File.Exists(PathOf(name));
        });
        attached.Span[99] = 1;
    }

    [Fact(Timeout = 60_000)]
    public async Task The_name_of_a_killed_creator_can_be_created_again_at_once()
    {
        string name = NewName();
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"create a {name} 100");
        await creator.KillAsync();
        using var memory = SharedMemory.CreateNamed(name, 50);
        Assert.Equal(50, new FileInfo(PathOf(name)).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cleanup_spares_a_creator_that_is_stopped()
    {
        string name = NewName();
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"create a {name} 100");
        Assert.Equal(0, Signal(creator.ProcessId, 19));
        Assert.DoesNotContain(name, SharedMemory.Cleanup());
        Assert.True(File.Exists(PathOf(name)));
        Assert.Equal(0, Signal(creator.ProcessId, 18));
        await creator.OkAsync("dispose a");
        Assert.False(File.Exists(PathOf(name)));
    }

    [Fact(Timeout = 60_000)]
    public void Cleanup_spares_what_this_process_has_and_what_other_programs_made()
    {
        string foreign = NewName();
        File.WriteAllBytes(PathOf(foreign), new byte[10]);
        try
        {
            using var memory = SharedMemory.CreateNamed(null, 10);
            IReadOnlyList<string> removed = SharedMemory.Cleanup();
            Assert.DoesNotContain(foreign, removed);
            Assert.DoesNotContain(memory.Name!, removed);
            Assert.True(File.Exists(PathOf(foreign)));
            Assert.True(File.Exists(PathOf(memory.Name!)));
        }
        finally
        {
            File.Delete(PathOf(foreign));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Cleanup_spares_what_was_left_on_purpose_by_a_creator_that_was_killed()
    {
        string name = NewName();
        await using MemoryPeerProcess creator = await MemoryPeerProcess.StartAsync();
        await creator.OkAsync($"create a {name} 100");
        Assert.Equal("True", await creator.AskAsync("leave a"));
        await creator.KillAsync();
        Assert.DoesNotContain(name, SharedMemory.Cleanup());
        using var attached = SharedMemory.Open(name);
        attached.Unlink();
    }

    [Fact(Timeout = 60_000)]
    public async Task Cleanups_and_creations_of_one_name_at_the_same_time_never_remove_a_living_block()
    {
        string name = NewName();
        using var stop = new CancellationTokenSource();
        Task[] cleaners =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    Assert.DoesNotContain(name, SharedMemory.Cleanup());
                }
            })),
        ];
        for (int round = 0; round < 300; round++)
        {
            using var memory = SharedMemory.CreateNamed(name, 10);
            SharedMemory.Open(name).Dispose();
        }

        await stop.CancelAsync();
        await Task.WhenAll(cleaners);
    }

    [Fact(Timeout = 60_000)]
    public void A_file_shortened_by_another_program_is_an_error_on_every_access()
    {
        using var memory = SharedMemory.CreateNamed(null, 100_000);
        Memory<byte> taken = memory.Memory;
        using (FileStream file = File.OpenWrite(PathOf(memory.Name!)))
        {
            file.SetLength(10);
        }

        Assert.Throws<IOException>(() => memory.Span.Length);
        Assert.Throws<IOException>(() => memory.GetSpan(0, 1).Length);
        Assert.Throws<IOException>(() => taken.Span.Length);
        Assert.Throws<IOException>(() => memory.Read(50_000, new byte[10]));
        Assert.Throws<IOException>(() => memory.Write(50_000, new byte[10]));
        Assert.Equal(10, new FileInfo(PathOf(memory.Name!)).Length);
    }

    [Fact(Timeout = 60_000)]
    public void A_file_made_longer_by_another_program_keeps_the_length_it_was_attached_with()
    {
        using var memory = SharedMemory.CreateNamed(null, 10);
        using (FileStream file = File.OpenWrite(PathOf(memory.Name!)))
        {
            file.SetLength(100);
        }

        Assert.Equal(10, memory.Span.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.GetSpan(10, 1).Length);
    }

    [Fact(Timeout = 60_000)]
    public void What_does_not_fit_is_refused_at_once_and_leaves_no_name()
    {
        string name = NewName();
        long tooMuch = new DriveInfo("/dev/shm").AvailableFreeSpace + (1L << 30);
        IOException error = Assert.Throws<IOException>(() => SharedMemory.CreateNamed(name, tooMuch));
        Assert.Contains("bytes left", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf(name)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Reserved_memory_takes_its_room_at_once_and_other_memory_as_it_is_used()
    {
        const long Size = 64 << 20;
        using var reserved = SharedMemory.CreateNamed(null, Size, reserve: true);
        using var sparse = SharedMemory.CreateNamed(null, Size);
        Assert.Equal(Size, await AllocatedBytesAsync(reserved.Name!));
        Assert.Equal(0, await AllocatedBytesAsync(sparse.Name!));
    }

    [Fact(Timeout = 60_000)]
    public void Eight_gibibytes_are_reached_to_the_last_byte()
    {
        const long Size = 8L << 30;
        Assert.SkipUnless(new DriveInfo("/dev/shm").AvailableFreeSpace > Size, "/dev/shm is smaller than that.");
        using var memory = SharedMemory.CreateNamed(null, Size);
        memory.GetSpan(Size - 1, 1)[0] = 7;
        using var attached = SharedMemory.Open(memory.Name!);
        Assert.Equal(Size, attached.Length);
        Assert.Equal(7, attached.GetSpan(Size - 1, 1)[0]);
    }

    [Fact(Timeout = 60_000)]
    public void A_link_in_the_place_of_a_block_is_not_followed()
    {
        string name = NewName();
        string target = Path.GetTempFileName();
        File.CreateSymbolicLink(PathOf(name), target);
        try
        {
            Assert.Throws<IOException>(() => SharedMemory.Open(name));
            Assert.Throws<IOException>(() => SharedMemory.CreateNamed(name, 10));
            Assert.DoesNotContain(name, SharedMemory.Cleanup());
        }
        finally
        {
            File.Delete(PathOf(name));
            File.Delete(target);
        }
    }

    private static async Task<long> AllocatedBytesAsync(string name)
    {
        BufferedCommandResult result = await Cli.Wrap("stat").WithArguments(["-c", "%b", PathOf(name)]).ExecuteBufferedAsync();
        return 512 * long.Parse(result.StandardOutput, CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int processId, int signal);
}
