using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Tests.Platform;

public sealed class ReadSpinTests
{
    [Fact(Timeout = 60_000)]
    public void Looking_in_vain_doubles_the_waits_that_sleep_at_once_up_to_a_limit()
    {
        var spin = default(ReadSpin);
        int[] slept = [.. Enumerable.Range(0, 11).Select(_ =>
        {
            int waits = WaitsUntilLooking(ref spin);
            spin.End(hasCome: false);
            return waits;
        })];

        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 256], slept);
    }

    [Fact(Timeout = 60_000)]
    public void Looking_with_success_halves_them_until_every_wait_looks()
    {
        var spin = default(ReadSpin);
        for (int failure = 0; failure < 4; failure++)
        {
            _ = WaitsUntilLooking(ref spin);
            spin.End(hasCome: false);
        }

        int[] slept = [.. Enumerable.Range(0, 6).Select(_ =>
        {
            int waits = WaitsUntilLooking(ref spin);
            spin.End(hasCome: true);
            return waits;
        })];

        Assert.Equal([8, 4, 2, 1, 0, 0], slept);
    }

    [Fact(Timeout = 60_000)]
    public void Looking_ends_by_itself()
    {
        var spin = default(ReadSpin);
        Assert.True(spin.Begin());
        while (spin.Pause())
        {
        }
    }

    private static int WaitsUntilLooking(ref ReadSpin spin)
    {
        int waits = 0;
        while (!spin.Begin())
        {
            waits++;
        }

        return waits;
    }
}
