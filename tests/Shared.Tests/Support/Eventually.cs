namespace IpcDemos.Shared.Tests.Support;

/// <summary>Waits for what cannot be awaited.</summary>
internal static class Eventually
{
    /// <summary>
    /// Looks again and again. With a pause in between, which lets others work, and without which Wine would hang: see
    /// <see cref="Wine.SkipBusyThread"/>.
    /// </summary>
    public static async Task HoldsAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
