using System.IO.MemoryMappedFiles;
using System.Text;
using IpcDemos.Shared.Pools;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Tests.Platform;

/// <summary>Holds what a worker says that it is at to what docs/protocol.md says of it.</summary>
public sealed class ProcessTitleTests
{
    private const int Room = 120;

    [Fact(Timeout = 60_000)]
    public async Task A_pool_s_worker_says_its_name_and_its_task_byte_by_byte()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "A process cannot say there what it is at.");
        using var began = new ProcessEvent();
        using var gate = new ProcessEvent();
        await using var pool = new ProcessPool(1);

        Task task = pool.Submit(WaitAt, began, gate);
        began.Wait();
        var worker = Assert.Single(pool.GetInsights().Workers);
        byte[] title = Read(worker.ProcessId);
        gate.Set();
        await task;

        byte[] expected = Encoding.UTF8.GetBytes($"{worker.Name}\0ProcessTitleTests.WaitAt");
        Assert.Equal(expected, title[..expected.Length]);
        Assert.True(title.Length > Room, $"There is room for {title.Length} bytes.");
        Assert.All(title[expected.Length..], one => Assert.Equal(0, one));
    }

    private static void WaitAt(ProcessEvent began, ProcessEvent gate)
    {
        began.Set();
        gate.Wait();
    }

    private static byte[] Read(int processId)
    {
        if (!OperatingSystem.IsWindows())
        {
            byte[] line = File.ReadAllBytes($"/proc/{processId}/cmdline");
            byte[] marker = "\0--ipcdemos-worker\0"u8.ToArray();
            int address = line.AsSpan().IndexOf(marker) + marker.Length;
            return line[(Array.IndexOf(line, (byte)0, address) + 1)..];
        }

        byte[] title = new byte[Room + 1];
        using var section = MemoryMappedFile.OpenExisting($@"Local\ipcdemos-title-{processId}", MemoryMappedFileRights.Read);
        using MemoryMappedViewAccessor view = section.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _ = view.ReadArray(0, title, 0, title.Length);
        return title;
    }
}
