using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>Changes that nobody can come between.</summary>
internal static class Stock
{
    public static (bool Sold, IReadOnlyDictionary<string, int> Now) Run(SharedDictionary<string, int> stock)
    {
        _ = stock.Increment("apples", 5);                                           // adds to the number there; absent counts as 0
        _ = stock.Update("pears", pears => Math.Max(pears, 10));                    // reads, changes here, writes if nobody else has; else anew
        bool sold = stock.CompareExchange("plums", expected: 1, value: 0);          // only if it is what it was
        stock.SetMany(new Dictionary<string, int> { ["figs"] = 1, ["dates"] = 2 }); // nobody sees one without the other
        IReadOnlyDictionary<string, int> now = stock.ToDictionary();                // all of it at one moment
        return (sold, now);
    }
}
