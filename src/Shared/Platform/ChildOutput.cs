namespace IpcDemos.Shared.Platform;

/// <summary>Reads what a child process writes.</summary>
internal static class ChildOutput
{
    /// <summary>
    /// Reads from the pipe that is a child's standard output or error. Costs no thread of the pool, on Windows one of its own while it waits.
    /// </summary>
    /// <remarks>
    /// Up to .NET 10 these pipes are synchronous ones on Windows, where an asynchronous read just blocks a thread of the pool until the
    /// child writes something. With two pipes for each child, a handful of quiet children would keep all of the pool's threads, which it
    /// makes up for by two new ones in a second: everything asynchronous in the program would wait for seconds.
    /// </remarks>
    public static Task<int> ReadAsync(Stream pipe, Memory<byte> buffer, CancellationToken cancellationToken) => OperatingSystem.IsWindows()
        ? Task.Factory.StartNew(() => pipe.Read(buffer.Span), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
        : pipe.ReadAsync(buffer, cancellationToken).AsTask();
}
