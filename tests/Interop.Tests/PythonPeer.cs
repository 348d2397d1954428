using CliWrap;
using CliWrap.Buffered;

namespace IpcDemos.Interop.Tests;

/// <summary>Python, alone or with the msgpack module.</summary>
internal sealed class PythonPeer : ScriptPeer
{
    private static readonly string[] s_programs = ["/usr/bin/python3", "python3", "python"];

    private readonly Lazy<string?> _interpreter;

    private PythonPeer(string requirement, string check)
        : base("python")
    {
        Requirement = requirement;

        // A distribution's module serves its own Python, which need not be the first on the path.
        _interpreter = new Lazy<string?>(() => FirstThatRuns(s_programs, "-c", check));
    }

    /// <summary>Nothing but Python's standard library.</summary>
    public static PythonPeer Alone { get; } = new("Python 3.8 or newer", "import sys; assert sys.version_info >= (3, 8)");

    /// <summary>With the module msgpack.</summary>
    public static PythonPeer WithMessagePack { get; } =
        new("Python 3 with the module msgpack (Debian: python3-msgpack; pip: msgpack)", "import msgpack");

    protected override string? Interpreter => _interpreter.Value;

    protected override string Requirement { get; }

    /// <summary>The version of the interpreter, such as 3.11.</summary>
    public async Task<Version> VersionAsync(CancellationToken cancellationToken)
    {
        BufferedCommandResult result = await Cli.Wrap(Interpreter!)
            .WithArguments(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
            .ExecuteBufferedAsync(cancellationToken);
        return Version.Parse(result.StandardOutput.Trim());
    }
}
