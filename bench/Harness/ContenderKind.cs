namespace IpcDemos.Bench.Harness;

/// <summary>What the comparison with a contender tells.</summary>
internal enum ContenderKind
{
    /// <summary>The library itself.</summary>
    Ours,

    /// <summary>CPython's standard library doing the same work.</summary>
    CPython,

    /// <summary>What a .NET developer would use without the library.</summary>
    DotNet,

    /// <summary>The bare mechanism underneath: how much better it could become at most.</summary>
    Limit,
}
