namespace IpcDemos.Interop.Tests;

/// <summary>Node.js with the packages that node/package.json names.</summary>
internal sealed class NodePeer : ScriptPeer
{
    private readonly Lazy<string?> _interpreter;

    private NodePeer()
        : base("node") => _interpreter = new(() => Directory.Exists(PathOf("node_modules")) ? FirstThatRuns(["node"], "--version") : null);

    public static NodePeer Instance { get; } = new();

    protected override string? Interpreter => _interpreter.Value;

    protected override string Requirement => "Node.js and its packages (run `npm ci` in tests/Interop.Tests/node)";
}
