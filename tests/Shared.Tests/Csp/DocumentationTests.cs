using System.Text.RegularExpressions;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>The code in the guides is the code that is tested.</summary>
public sealed partial class DocumentationTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("csp.md", "Csp")]
    [InlineData("managers.md", "Managers")]
    public void Every_example_of_the_page_is_the_code_that_the_tests_run(string file, string folder)
    {
        string root = Repository.RootOrSkip();
        string page = File.ReadAllText(Path.Combine(root, "docs", file));
        string[] blocks = [.. CodeBlock().Matches(page).Select(match => WithoutIndents(match.Groups["code"].Value))];
        string[] sources = Directory.GetFiles(Path.Combine(root, "tests", "Shared.Tests", folder, "Examples"), "*.cs");
        string[] examples = [.. sources.Select(source => WithoutIndents(File.ReadAllText(source)))];

        Assert.All(blocks, block => Assert.Contains(examples, example => example.Contains(block, StringComparison.Ordinal)));
        Assert.All(examples, example => Assert.Contains(blocks, block => example.Contains(block, StringComparison.Ordinal)));
    }

    private static string WithoutIndents(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()));

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CodeBlock();
}
