using IpcDemos.Coordinator.Imaging;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class SharedScenarioTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_worker_changes_a_shared_value_and_a_shared_array_in_place()
    {
        ProgramResult result = await ScenarioRun.RunAsync("value-array");

        Assert.Equal(
            [("MainProcess", "3.1415927"), ("MainProcess", "[0,-1,-2,-3,-4,-5,-6,-7,-8,-9]")],
            result.Lines().Select(line => (line.Process, line.Text)));
    }

    [Fact(Timeout = 120_000)]
    public async Task References_are_counted_over_processes()
    {
        ProgramResult result = await ScenarioRun.RunAsync("refcount");

        Assert.Equal(
            [
                ("MainProcess", "references: 1"), ("MainProcess", "references: 2"),
                ("Process-1", "references: 3"), ("MainProcess", "references: 1"),
            ],
            result.Lines().Select(line => (line.Process, line.Text)));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_picture_is_painted_by_as_many_workers_as_asked_for_and_kept_where_asked(int painters)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        try
        {
            ProgramResult result = await ScenarioRun.RunAsync("shared-memory", "--workers", $"{painters}", "--output", directory.FullName);

            string path = Assert.Single(directory.GetFiles()).FullName;
            Assert.Equal($"picture: {path}", result.Texts()[^1]);
            Assert.Equal(painters, result.Texts().Count(text => text == $"painted {240 / painters} of 240 rows"));
            await using FileStream file = File.OpenRead(path);
            (int width, byte[] pixels) = Png.Read(file);
            Assert.Equal((320, 320 * 240 * Png.BytesPerPixel), (width, pixels.Length));

            // The set itself is black, and this point is in the middle of it.
            Assert.Equal(new byte[Png.BytesPerPixel], pixels.AsSpan(((120 * 320) + 230) * Png.BytesPerPixel, Png.BytesPerPixel).ToArray());
            Assert.True(pixels.Distinct().Count() > 20);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_picture_and_its_segment_are_gone_unless_asked_for()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        try
        {
            var temporary = new Dictionary<string, string?> { ["TMPDIR"] = directory.FullName, ["TMP"] = directory.FullName };
            ProgramResult result = await CoordinatorProgram.RunAsync(["--json", "--scenario", "shared-memory"], (_, _) => { }, temporary);

            Assert.True(result.ExitCode == 0, result.ToString());
            string attached = Assert.Single(result.Texts(), text => text.StartsWith("attached to ", StringComparison.Ordinal));
            string name = attached["attached to ".Length..];
            Assert.Throws<FileNotFoundException>(() => IpcDemos.Shared.Memory.SharedMemory.Open(name));
            Assert.Empty(directory.GetFiles("*", SearchOption.AllDirectories));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
