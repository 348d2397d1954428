using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Tests.Managers.Examples;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Managers;

/// <summary>The examples of docs/managers.md, which are this very code, to their end.</summary>
public sealed class ManagerExampleTests(ManagerFixture fixture) : IClassFixture<ManagerFixture>
{
    private Manager Manager => fixture.Manager;

    [Fact(Timeout = 60_000)]
    public async Task Words_are_counted_into_one_dictionary() => Assert.Equal(
        new Dictionary<string, int> { ["a"] = 3, ["b"] = 1, ["c"] = 2 }, await WordCount.RunAsync(["a b a", "c a c"]));

    [Fact(Timeout = 60_000)]
    public void Stock_changes_as_a_whole()
    {
        using SharedDictionary<string, int> stock = Manager.CreateDictionary(new Dictionary<string, int> { ["plums"] = 1 });
        (bool sold, IReadOnlyDictionary<string, int> now) = Stock.Run(stock);
        Assert.True(sold);
        Assert.Equal(new Dictionary<string, int> { ["plums"] = 0, ["apples"] = 5, ["pears"] = 10, ["figs"] = 1, ["dates"] = 2 }, now);
    }

    [Fact(Timeout = 60_000)]
    public async Task Prices_are_watched()
    {
        using SharedDictionary<string, int> prices = Manager.CreateDictionary<string, int>();
        using var stop = new CancellationTokenSource();
        var seen = new ConcurrentQueue<string>();
        Task watching = Prices.WatchAsync(prices, seen, stop.Token);
        await ManagerTests.WaitUntilWaitingAsync(Manager, 1);
        prices["tea"] = 3;
        await Eventually.HoldsAsync(() => seen.Contains("tea = 3"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact(Timeout = 60_000)]
    public async Task Queues_are_nested_accounts_paid_and_squares_made()
    {
        Assert.Equal(42, Nesting.Run(Manager));
        Assert.Equal(70, await Examples.Accounts.RunAsync());
        int[] squares = await Squares.RunAsync(Manager);
        Assert.Equal([1, 4, 9, 16], squares);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_guest_comes_by_an_encrypted_way()
    {
        Wine.SkipHere("it cannot make certificates.");
        using X509Certificate2 certificate = TestCertificate.Create();
        AuthenticationKey key = AuthenticationKey.CreateRandom();
        IReadOnlyList<string> guests = await GuestBook.RunAsync(key, certificate, async address =>
        {
            using Manager manager = await Manager.ConnectAsync(ConnectionAddress.Parse(address), key);
            using SharedList<string> book = manager.OpenList<string>("guests");
            await book.AddAsync("a guest", TestContext.Current.CancellationToken);
        });
        Assert.Equal(["a guest"], guests);
    }
}
