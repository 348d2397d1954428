using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Pools;

namespace IpcDemos.Shared.Tests.Pools;

public sealed class StartGateTests
{
    [Fact]
    public void A_gate_that_was_closed_opens_at_the_mark_and_one_that_has_ended_never_does()
    {
        using var word = new SharedValue<long>();
        var gate = new StartGate(word);
        Assert.True(gate.TryStart());

        Assert.Equal(1, gate.Close());
        Assert.False(gate.TryStart());
        gate.Reopen();
        Assert.True(gate.TryStart());

        Assert.Equal(2, gate.End());
        gate.Reopen();
        Assert.False(gate.TryStart());
        Assert.Equal(2, gate.Started);
    }
}
