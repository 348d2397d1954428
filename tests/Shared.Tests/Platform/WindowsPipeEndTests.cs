using System.Runtime.Versioning;
using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Tests.Platform;

/// <summary>What only Windows does behind the caller's back: a write that was given up goes on there until the reader takes it.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsPipeEndTests : IDisposable
{
    private readonly PipeEnd _reader;
    private readonly PipeEnd _writer;

    public WindowsPipeEndTests()
    {
        Assert.SkipUnless(OperatingSystem.IsWindows(), "Windows' pipes.");
        var (read, write) = PipeEnd.CreateAnonymous();
        (_reader, _writer) = (PipeEnd.From(read), PipeEnd.From(write));
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task An_end_moves_only_when_all_that_was_written_to_it_is_in_the_pipe()
    {
        int written = Fill();
        _ = Assert.Throws<TimeoutException>(_writer.PrepareRelease);

        Task<byte[]> reading = Task.Run(() => Read(written + 1));
        _writer.PrepareRelease();
        using PipeEnd moved = PipeEnd.From(_writer.Release());
        Assert.Equal(1, moved.Write([255], Deadline.Infinite));

        byte[] bytes = await reading;
        Assert.Equal(255, bytes[^1]);
        Assert.All(bytes[..^1].Index(), item => Assert.Equal((byte)(item.Index % 251), item.Item));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_accepted_is_read_before_the_end_although_its_writer_was_disposed_of()
    {
        int written = Fill();

        _writer.Dispose();

        byte[] bytes = await Task.Run(() => Read(written));
        Assert.All(bytes.Index(), item => Assert.Equal((byte)(item.Index % 251), item.Item));
        Assert.Equal(0, await Task.Run(() => _reader.Read(new byte[1], Deadline.Infinite)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Disposal_ends_a_wait_of_another_thread_and_one_that_is_awaited()
    {
        using var isWaiting = new ManualResetEventSlim();
        Task blocked = Task.Factory.StartNew(
            () =>
            {
                isWaiting.Set();
                _ = _reader.WaitReadable(Deadline.Infinite);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        isWaiting.Wait(TestContext.Current.CancellationToken);
        Task awaited = _reader.WaitReadableAsync(CancellationToken.None);

        _reader.Dispose();

        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => blocked);
        _ = await Assert.ThrowsAsync<ObjectDisposedException>(() => awaited);
    }

    /// <summary>Writes until the pipe is full and something of it waits here.</summary>
    private int Fill()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1 << 20).Select(index => (byte)(index % 251))];
        int written = 0;
        int count;
        while ((count = _writer.Write(bytes.AsSpan(written), Deadline.After(TimeSpan.FromMilliseconds(50)))) > 0)
        {
            written += count;
        }

        return written;
    }

    private byte[] Read(int length)
    {
        byte[] bytes = new byte[length];
        int count = 0;
        while (count < length)
        {
            int read = _reader.Read(bytes.AsSpan(count), Deadline.Infinite);
            Assert.NotEqual(0, read);
            count += read;
        }

        return bytes;
    }
}
