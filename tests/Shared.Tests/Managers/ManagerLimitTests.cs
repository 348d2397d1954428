using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class ManagerLimitTests : IDisposable
{
    private const int Limit = 100_000;

    private readonly ManagerServer _server = new(new ManagerOptions { MaximumRequestLength = Limit });

    public void Dispose() => _server.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Calls_that_are_not_waited_for_leave_in_frames_that_the_server_accepts()
    {
        using Manager manager = Manager.Connect(_server.Address, _server.Key);
        using SharedList<byte[]> list = manager.CreateList<byte[]>();
        byte[] item = new byte[Limit / 10];
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => list.AddAsync(item, TestContext.Current.CancellationToken)));
        Assert.Equal(1_000, list.Count);
    }

    [Fact(Timeout = 60_000)]
    public void A_call_that_is_too_long_for_the_server_is_refused_with_both_lengths_and_ends_nothing()
    {
        using Manager manager = Manager.Connect(_server.Address, _server.Key);
        using SharedList<byte[]> list = manager.CreateList<byte[]>();
        ArgumentException error = Assert.Throws<ArgumentException>(() => list.Add(new byte[2 * Limit]));
        Assert.Contains("'append' takes 200", error.Message, StringComparison.Ordinal);
        Assert.Contains($"accepts {Limit} at most", error.Message, StringComparison.Ordinal);
        list.Add(new byte[Limit - 1_000]);
        Assert.Single(list);
    }
}
