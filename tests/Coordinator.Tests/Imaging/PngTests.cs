using IpcDemos.Coordinator.Imaging;

namespace IpcDemos.Coordinator.Tests.Imaging;

public sealed class PngTests
{
    // As another program writes it: the format is a fact, not what both sides here agree on.
    private const string StartOfOneByTwo =
        "89504e470d0a1a0a0000000d494844520000000100000002080200000016e32170";

    [Fact(Timeout = 60_000)]
    public Task A_picture_begins_with_signature_and_header()
    {
        using var file = new MemoryStream();
        Png.Write(file, width: 1, new byte[6]);

        Assert.StartsWith(StartOfOneByTwo, Convert.ToHexStringLower(file.ToArray()), StringComparison.Ordinal);
        Assert.EndsWith("0000000049454e44ae426082", Convert.ToHexStringLower(file.ToArray()), StringComparison.Ordinal);

        return Task.CompletedTask;
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(100, 77)]
    public Task What_was_written_is_read_back(int width, int height)
    {
        byte[] pixels = new byte[width * height * Png.BytesPerPixel];
        new Random(width).NextBytes(pixels);
        using var file = new MemoryStream();
        Png.Write(file, width, pixels);
        file.Position = 0;

        (int readWidth, byte[] readPixels) = Png.Read(file);
        Assert.Equal(width, readWidth);
        Assert.Equal(pixels, readPixels);

        return Task.CompletedTask;
    }

    [Fact(Timeout = 60_000)]
    public Task Damage_anywhere_is_noticed()
    {
        using var file = new MemoryStream();
        Png.Write(file, width: 2, [1, 2, 3, 4, 5, 6]);
        byte[] whole = file.ToArray();
        for (int index = 0; index < whole.Length; index++)
        {
            byte[] damaged = [.. whole];
            damaged[index] ^= 1;
            Exception error = Assert.ThrowsAny<Exception>(() => Png.Read(new MemoryStream(damaged)));
            Assert.True(error is InvalidDataException or EndOfStreamException, $"Byte {index}: {error}");
        }

        return Task.CompletedTask;
    }
}
