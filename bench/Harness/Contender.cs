namespace IpcDemos.Bench.Harness;

/// <summary>Somebody who does a row's work.</summary>
/// <param name="Name">Who, as the tables show it.</param>
/// <param name="Kind">What the comparison with it tells.</param>
/// <param name="Measure">Does the work once over, its own warm-up included, and returns the figure in the row's unit.</param>
internal sealed record Contender(string Name, ContenderKind Kind, Func<double> Measure)
{
    public static Contender Ours(Func<double> measure) => new("IpcDemos", ContenderKind.Ours, measure);

    /// <summary>What a .NET developer would use without this library.</summary>
    public static Contender DotNet(string name, Func<double> measure) => new(name, ContenderKind.DotNet, measure);

    /// <summary>The bare mechanism underneath, without what the library adds.</summary>
    public static Contender Limit(string name, Func<double> measure) => new(name, ContenderKind.Limit, measure);
}
