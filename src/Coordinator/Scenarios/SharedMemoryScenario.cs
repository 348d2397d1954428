using System.Numerics;
using IpcDemos.Coordinator.Imaging;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>
/// Several workers compute one picture in place, each its own rows, so that nothing is sent, copied or locked. A program that
/// knows nothing but the segment's name then makes a file of it.
/// </summary>
internal sealed class SharedMemoryScenario : IScenario
{
    private const int Width = 320;
    private const int Height = 240;
    private const int RowSize = Width * Png.BytesPerPixel;
    private const int PictureSize = RowSize * Height;

    public string Name => "shared-memory";

    public string Summary => "workers compute a picture in place in one segment; another program attaches by name and writes it as PNG";

    public async Task RunAsync(ScenarioContext context)
    {
        using SharedMemory picture = SharedMemory.CreateNamed(name: null, PictureSize);
        await PaintAsync(context, picture);
        string? directory = context.Options.OutputDirectory;
        string path = directory is null ? Path.GetTempFileName() : Path.Combine(directory, "mandelbrot.png");
        try
        {
            await SaveAsync(context, picture, path);
        }
        finally
        {
            if (directory is null)
            {
                File.Delete(path);
            }
        }

        picture.Dispose();
        context.Check(!IsThere(picture.Name!), $"The segment's name {picture.Name} should be gone with its owner.");
    }

    private static async Task PaintAsync(ScenarioContext context, SharedMemory picture)
    {
        int painters = context.Options.Workers ?? 3;
        WorkerProcess[] workers = [.. Enumerable.Range(0, painters).Select(first => context.CreateWorker(Paint, picture, first, painters))];
        Array.ForEach(workers, worker => worker.Start());
        await context.JoinAsync(workers);
        foreach ((int first, WorkerProcess worker) in workers.Index())
        {
            context.CheckLines(context.LinesOf(worker), $"painted {RowsFrom(first, painters).Count()} of {Height} rows");
        }

        Span<byte> row = stackalloc byte[RowSize];
        for (int y = 0; y < Height; y++)
        {
            PaintRow(row, y);
            context.Check(picture.GetSpan(y * RowSize, RowSize).SequenceEqual(row), $"Row {y} was not painted as it should be.");
        }
    }

    private static async Task SaveAsync(ScenarioContext context, SharedMemory picture, string path)
    {
        // Made here, so that a saver which has not come to it yet when the run is interrupted has nothing left to make.
        await File.WriteAllBytesAsync(path, [], context.CancellationToken);
        WorkerProcess saver = context.CreateWorker(Save, picture.Name!, path);
        saver.Start();
        await context.JoinAsync(saver);
        context.CheckLines(context.LinesOf(saver), $"attached to {picture.Name}");

        await using FileStream file = File.OpenRead(path);
        (int width, byte[] pixels) = Png.Read(file);
        context.Print($"{width} x {pixels.Length / (width * Png.BytesPerPixel)} pixels, {file.Length} bytes as PNG");
        context.Check(width == Width && picture.GetSpan(0, PictureSize).SequenceEqual(pixels), "The file should have the pixels of the segment.");
        if (context.Options.OutputDirectory is not null)
        {
            context.Print($"picture: {path}");
        }
    }

    private static void Paint(SharedMemory picture, int first, int painters)
    {
        int rows = 0;
        foreach (int y in RowsFrom(first, painters))
        {
            PaintRow(picture.GetSpan(y * RowSize, RowSize), y);
            rows++;
        }

        Console.WriteLine($"painted {rows} of {Height} rows");
    }

    private static void Save(string name, string path)
    {
        using SharedMemory picture = SharedMemory.Open(name);
        Console.WriteLine($"attached to {name}");
        using var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.Delete);

        // What was attached to by name may be longer than the picture: whole pages, on some systems.
        Png.Write(file, Width, picture.GetSpan(0, PictureSize));
    }

    // Every so manieth row, not one part of the picture each: some parts of it take much longer than others.
    private static IEnumerable<int> RowsFrom(int first, int painters)
    {
        for (int y = first; y < Height; y += painters)
        {
            yield return y;
        }
    }

    /// <summary>The Mandelbrot set: which points stay near when squared and shifted again and again, and how soon the others leave.</summary>
    private static void PaintRow(Span<byte> row, int y)
    {
        const int MostSteps = 255;
        const double Scale = 3.2 / Width;
        for (int x = 0; x < Width; x++)
        {
            var shift = new Complex((Scale * x) - 2.3, Scale * (y - (Height / 2)));
            Complex point = Complex.Zero;
            int steps = 0;
            while (steps < MostSteps && (point.Real * point.Real) + (point.Imaginary * point.Imaginary) <= 4)
            {
                point = (point * point) + shift;
                steps++;
            }

            // Black inside; outside the brighter, the longer it took.
            Span<byte> pixel = row.Slice(x * Png.BytesPerPixel, Png.BytesPerPixel);
            pixel[0] = (byte)(steps == MostSteps ? 0 : Math.Min(255, steps * 3));
            pixel[1] = (byte)(steps == MostSteps ? 0 : Math.Min(255, steps * 8));
            pixel[2] = (byte)(steps == MostSteps ? 0 : Math.Min(255, 64 + (steps * 16)));
        }
    }

    private static bool IsThere(string name)
    {
        try
        {
            SharedMemory.Open(name).Dispose();
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
