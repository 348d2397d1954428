namespace IpcDemos.Bench.Rows;

/// <summary>The record that rows send, as a user of the library would write one.</summary>
public sealed record Order(int Id, string Customer, double Price, int Quantity, bool IsPaid, IReadOnlyList<string> Tags)
{
    /// <summary>The one that is sent; CPython's scripts have the same.</summary>
    public static Order Example { get; } = new(4711, "Ada Lovelace", 12.5, 3, true, ["express", "gift"]);
}
