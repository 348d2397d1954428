namespace IpcDemos.TestWorker.Commands;

/// <summary>A program that is no worker and does not end.</summary>
public static class Sleep
{
    public static int Run(string[] args)
    {
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }
}
