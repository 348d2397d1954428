namespace IpcDemos.Interop.Tests;

/// <summary>Python with the msgpack module.</summary>
internal sealed class PythonPeer : ScriptPeer
{
    // A distribution's module serves its own Python, which need not be the first on the path.
    private static readonly Lazy<string?> s_interpreter = new(static () => FirstThatRuns(["/usr/bin/python3", "python3", "python"], "-c", "import msgpack"));

    private PythonPeer()
        : base("python")
    {
    }

    public static PythonPeer Instance { get; } = new();

    protected override string? Interpreter => s_interpreter.Value;

    protected override string Requirement => "Python 3 with the module msgpack (Debian: python3-msgpack; pip: msgpack)";
}
