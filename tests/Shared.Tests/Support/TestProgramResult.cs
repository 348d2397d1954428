namespace IpcDemos.Shared.Tests.Support;

/// <summary>How a program that a test ran has ended, and what it wrote.</summary>
internal sealed record TestProgramResult(int ExitCode, string[] Output, string[] Errors)
{
    public void ThrowUnlessSuccessful() => Assert.True(ExitCode == 0, ToString());

    public override string ToString() =>
        $"exit code {ExitCode}\n--- output ---\n{string.Join('\n', Output)}\n--- errors ---\n{string.Join('\n', Errors)}";
}
