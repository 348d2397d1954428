using System.Text.RegularExpressions;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Csp;

/// <summary>The code in docs/csp.md is the code that is tested.</summary>
public sealed partial class DocumentationTests
{
    [Fact(Timeout = 60_000)]
    public void Every_example_of_the_page_is_the_code_that_the_tests_run()
    {
        string root = Repository.RootOrSkip();
        string page = File.ReadAllText(Path.Combine(root, "docs", "csp.md"));
        string[] blocks = [.. CodeBlock().Matches(page).Select(match => WithoutIndents(match.Groups["code"].Value))];
        string[] files = Directory.GetFiles(Path.Combine(root, "tests", "Shared.Tests", "Csp", "Examples"), "*.cs");
        string[] examples = [.. files.Select(file => WithoutIndents(File.ReadAllText(file)))];

        Assert.All(blocks, block => Assert.Contains(examples, example => example.Contains(block, StringComparison.Ordinal)));
        Assert.All(examples, example => Assert.Contains(blocks, block => example.Contains(block, StringComparison.Ordinal)));
    }

    private static string WithoutIndents(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()));

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CodeBlock();
}
