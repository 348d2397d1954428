using System.Text.RegularExpressions;
using IpcDemos.Shared.Tests.Support;

namespace IpcDemos.Shared.Tests.Architecture;

/// <summary>What a reader may rely on in the sources.</summary>
public sealed partial class SourceTests
{
    private const int Patience = 10_000; // milliseconds for one file

    private static readonly string[] s_textKinds =
        [".cs", ".csproj", ".props", ".targets", ".sln", ".json", ".md", ".py", ".sh", ".cmd", ".yml", ".js", ".mjs", ".txt", ".editorconfig", ""];

    [Fact]
    public void Every_file_of_the_library_holds_one_public_type_which_it_is_named_after()
    {
        var violations = new List<string>();
        foreach (string file in Sources(Path.Combine("src", "Shared"), ".cs"))
        {
            string[] types = [.. PublicType().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value).Distinct()];
            string expected = Path.GetFileNameWithoutExtension(file).Split('.')[0];
            if (types.Length > 1 || (types.Length == 1 && types[0] != expected))
            {
                violations.Add($"{file}: {string.Join(", ", types)}");
            }
        }

        Assert.Empty(violations);
    }

    [Fact]
    public void No_file_names_a_path_of_the_machine_it_was_written_on() => Assert.Empty(
        from file in Sources("", s_textKinds)
        let text = File.ReadAllText(file)
        where MachinePath().IsMatch(text)
        select $"{file}: {MachinePath().Match(text).Value}");

    [Fact]
    public void Nothing_is_left_to_be_done_later() => Assert.Empty(
        from file in Sources("src", ".cs")
        where Unfinished().IsMatch(File.ReadAllText(file))
        select file);

    private static IEnumerable<string> Sources(string folder, params string[] kinds)
    {
        string root = Repository.RootOrSkip();
        return from file in Directory.EnumerateFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)
               let path = Path.GetRelativePath(root, file)
               where kinds.Contains(Path.GetExtension(file)) && !BuildOutput().IsMatch(path)
               select file;
    }

    [GeneratedRegex(@"^public (?:(?:static|sealed|abstract|readonly|partial|ref|unsafe|record) )*(?:class|struct|interface|enum|record|delegate \S+) (?<name>\w+)", RegexOptions.Multiline, Patience)]
    private static partial Regex PublicType();

    // Home directories, and the like of them on Windows.
    [GeneratedRegex(@"(?<![\w.:/-])/(?:home|root|work|Users)/\w+|[A-Z]:\\Users\\\w+", RegexOptions.None, Patience)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|NotImplementedException", RegexOptions.None, Patience)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"(^|[\\/])(bin|obj|node_modules|\.git|artifacts)([\\/]|$)", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex BuildOutput();
}
