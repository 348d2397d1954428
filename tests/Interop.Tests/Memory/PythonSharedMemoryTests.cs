using IpcDemos.Shared.Memory;

namespace IpcDemos.Interop.Tests.Memory;

public sealed class PythonSharedMemoryTests
{
    [Fact(Timeout = 60_000)]
    public async Task Python_attaches_to_our_block_and_each_sees_what_the_other_wrote()
    {
        using var memory = SharedMemory.CreateNamed(null, 12_345);
        memory.Span[12_344] = 42;
        string seen = await PythonProgram.RunAsync(
            """
            block = attach(sys.argv[1])
            print(block.size, block.buf[12344])
            block.buf[0] = 7
            block.close()
            """,
            memory.Name!);
        Assert.Equal(OperatingSystem.IsLinux() ? "12345 42" : $"{(12_345 + 4095) / 4096 * 4096} 42", seen);
        Assert.Equal(7, memory.Span[0]);
        Assert.Equal(1, memory.ReferenceCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task We_attach_to_a_block_of_Python_and_never_remove_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The block outlives the script only where names outlive processes.");
        string name = await PythonProgram.RunAsync(
            """
            block = shared_memory.SharedMemory(create=True, size=1000)
            resource_tracker.unregister(block._name, 'shared_memory')
            block.buf[999] = 99
            print(block.name)
            """);
        using (var memory = SharedMemory.Open(name))
        {
            Assert.Equal(1000, memory.Length);
            Assert.Equal(99, memory.Span[999]);
            memory.Span[0] = 5;
        }

        Assert.DoesNotContain(name, SharedMemory.Cleanup());
        Assert.Equal("5", await PythonProgram.RunAsync("block = attach(sys.argv[1]); print(block.buf[0])", name));
        using var last = SharedMemory.Open(name);
        last.Unlink();
    }

    [Fact(Timeout = 60_000)]
    public async Task Python_refuses_to_create_our_name_and_we_its()
    {
        using var memory = SharedMemory.CreateNamed(null, 10);
        string refused = await PythonProgram.RunAsync(
            """
            try:
                shared_memory.SharedMemory(sys.argv[1], create=True, size=10)
            except FileExistsError:
                print('exists')
            """,
            memory.Name!);
        Assert.Equal("exists", refused);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_Python_before_3_13_removes_on_its_exit_does_not_disturb_the_owner()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there does Python remove it.");
        var memory = SharedMemory.CreateNamed(null, 10);
        _ = await PythonProgram.RunAsync("shared_memory.SharedMemory(sys.argv[1]).unlink()", memory.Name!);
        memory.Span[0] = 1;
        using var next = SharedMemory.CreateNamed(memory.Name, 10);
        memory.Dispose();
        SharedMemory.Open(next.Name!).Dispose();
    }
}
