namespace IpcDemos.Bench.Rows;

/// <summary>The framework's lock between processes.</summary>
internal static class NamedMutex
{
    public static string NewName() => "ipcdemos-bench-" + Guid.NewGuid().ToString("N");

    /// <summary>Opens it and enters and leaves it that often.</summary>
    public static void EnterAndLeave(string name, int count)
    {
        using var mutex = new Mutex(initiallyOwned: false, name);
        for (int turn = 0; turn < count; turn++)
        {
            _ = mutex.WaitOne();
            mutex.ReleaseMutex();
        }
    }
}
