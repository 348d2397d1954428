using System.Text.RegularExpressions;
using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>What holds for named memory, on every system.</summary>
public sealed partial class NamedMemoryTests
{
    private static string NewName() => $"ipct{Random.Shared.Next():x}";

    [Fact(Timeout = 60_000)]
    public void What_is_created_by_name_is_found_by_name()
    {
        string name = NewName();
        using var created = SharedMemory.CreateNamed(name, 512);
        Assert.Equal(name, created.Name);
        Assert.Equal(512, created.Length);
        Assert.True(created.IsOwner);
        created.Span[0] = 42;

        // The same size again on Linux, whole pages elsewhere.
        using var attached = SharedMemory.Open(name);
        Assert.InRange(attached.Length, 512, 64 * 1024);
        Assert.Equal(42, attached.Span[0]);
        Assert.False(attached.IsOwner);
        attached.Span[511] = 1;
        Assert.Equal(1, created.Span[511]);
    }

    [Fact(Timeout = 60_000)]
    public void A_name_that_exists_is_refused()
    {
        using var first = SharedMemory.CreateNamed(NewName(), 10);
        IOException error = Assert.Throws<IOException>(() => SharedMemory.CreateNamed(first.Name, 10));
        Assert.Contains(first.Name!, error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public void A_name_that_does_not_exist_is_not_found()
    {
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => SharedMemory.Open("ipct-no-such-name"));
        Assert.Equal("ipct-no-such-name", error.FileName);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("/a")]
    [InlineData("a\0b")]
    [InlineData("a\0")]
    public void What_cannot_be_a_name_is_refused_on_creation_and_on_attaching(string name)
    {
        Assert.ThrowsAny<ArgumentException>(() => SharedMemory.CreateNamed(name, 10));
        Assert.ThrowsAny<ArgumentException>(() => SharedMemory.Open(name));
    }

    [Fact(Timeout = 60_000)]
    public void A_name_of_256_bytes_is_refused() =>
        Assert.Throws<ArgumentException>(() => SharedMemory.CreateNamed(new string('é', 128), 10));

    [Fact(Timeout = 60_000)]
    public void A_negative_size_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedMemory.CreateNamed(null, -1));

    [Fact(Timeout = 60_000)]
    public void Generated_names_look_like_those_of_Python_and_differ()
    {
        using var first = SharedMemory.CreateNamed(null, 10);
        using var second = SharedMemory.CreateNamed(null, 10);
        Assert.Matches(GeneratedName(), first.Name);
        Assert.Matches(GeneratedName(), second.Name);
        Assert.NotEqual(first.Name, second.Name);
    }

    [Fact(Timeout = 60_000)]
    public void An_empty_block_can_be_created_and_attached_to()
    {
        using var created = SharedMemory.CreateNamed(null, 0);
        using var attached = SharedMemory.Open(created.Name!);
        Assert.Equal(0, created.Length);
        Assert.True(created.Span.IsEmpty);
        Assert.Equal(OperatingSystem.IsLinux() ? 0 : attached.Length, attached.Length);
    }

    [Fact(Timeout = 60_000)]
    public void Attaching_never_removes_and_the_owner_does()
    {
        var owner = SharedMemory.CreateNamed(null, 10);
        var attached = SharedMemory.Open(owner.Name!);
        attached.Dispose();
        using var second = SharedMemory.Open(owner.Name!);
        second.Span[0] = 5;
        owner.Dispose();
        Assert.Equal(5, second.Span[0]);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows the name stays with the last user.");
        Assert.Throws<FileNotFoundException>(() => SharedMemory.Open(owner.Name!));
    }

    [Fact(Timeout = 60_000)]
    public void Unlinking_twice_is_not_found_and_disposal_then_spares_a_new_block_of_that_name()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unlinking is without effect on Windows.");
        var owner = SharedMemory.CreateNamed(null, 10);
        owner.Unlink();
        Assert.False(owner.IsOwner);
        Assert.Throws<FileNotFoundException>(owner.Unlink);
        using var other = SharedMemory.CreateNamed(owner.Name, 20);
        Assert.Throws<FileNotFoundException>(owner.Unlink);
        owner.Dispose();
        SharedMemory.Open(owner.Name!).Dispose();
    }

    [Fact(Timeout = 60_000)]
    public void Left_on_disposal_the_name_stays_until_it_is_unlinked()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows nothing can be left.");
        var owner = SharedMemory.CreateNamed(null, 10);
        owner.LeaveOnDispose = true;
        owner.Dispose();
        Assert.DoesNotContain(owner.Name!, SharedMemory.Cleanup());
        using var attached = SharedMemory.Open(owner.Name!);
        Assert.Throws<InvalidOperationException>(() => attached.LeaveOnDispose = true);
        attached.Unlink();
        Assert.Throws<FileNotFoundException>(() => SharedMemory.Open(owner.Name!));
    }

    [Fact(Timeout = 60_000)]
    public void What_belongs_to_names_is_refused_for_anonymous_memory()
    {
        using var memory = SharedMemory.Create(10);
        Assert.Throws<InvalidOperationException>(memory.Unlink);
        Assert.Throws<InvalidOperationException>(() => memory.LeaveOnDispose = true);
    }

    [Fact(Timeout = 60_000)]
    public void After_disposal_every_access_is_an_error_and_pinned_memory_stays()
    {
        var memory = SharedMemory.CreateNamed(null, 10);
        Memory<byte> taken = memory.Memory;
        memory.Span[5] = 55;
        AssertPinnedSurvives(memory, taken);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => taken.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Read(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => memory.ReferenceCount);
        Assert.Throws<ObjectDisposedException>(memory.Unlink);
    }

    [Fact(Timeout = 60_000)]
    public void A_handle_in_a_message_attaches_by_name_and_is_not_found_once_that_is_gone()
    {
        var memory = SharedMemory.CreateNamed(null, 10);
        string message = Wire.Send(memory);
        using (SharedMemory received = Wire.Receive<SharedMemory>(message))
        {
            received.Span[0] = 8;
            Assert.Equal(8, memory.Span[0]);
            Assert.False(received.IsOwner);
        }

        memory.Dispose();
        Exception error = Assert.ThrowsAny<Exception>(() => Wire.Receive<SharedMemory>(message));
        Assert.IsType<FileNotFoundException>(error.GetBaseException());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_reference_count_follows_handles_in_all_processes_and_forgets_a_killed_one()
    {
        await using MemoryPeerProcess worker = await MemoryPeerProcess.StartAsync();
        using var memory = SharedMemory.CreateNamed(null, 100);
        Assert.Equal(1, memory.ReferenceCount);
        SharedMemory second = memory.Duplicate();
        Assert.Equal(2, memory.ReferenceCount);
        await worker.OkAsync($"open a {memory.Name}");
        await worker.OkAsync($"open b {memory.Name}");
        Assert.Equal(4, memory.ReferenceCount);
        Assert.Equal("4", await worker.AskAsync("references b"));
        await worker.KillAsync();
        Assert.Equal(2, memory.ReferenceCount);
        second.Dispose();
        Assert.Equal(1, memory.ReferenceCount);
    }

    private static unsafe void AssertPinnedSurvives(SharedMemory memory, Memory<byte> taken)
    {
        using System.Buffers.MemoryHandle pin = taken.Pin();
        memory.Dispose();
        Assert.Equal(55, ((byte*)pin.Pointer)[5]);
    }

    [GeneratedRegex("^(?:psm|wnsm)_[0-9a-f]{8}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex GeneratedName();
}
