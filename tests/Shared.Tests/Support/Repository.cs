namespace IpcDemos.Shared.Tests.Support;

/// <summary>The sources that the tests were built from, where they are at hand.</summary>
internal static class Repository
{
    /// <summary>The directory of the solution; null where only the built tests are.</summary>
    public static string? Root { get; } = Find();

    public static string RootOrSkip()
    {
        Assert.SkipWhen(Root is null, "Needs the sources.");
        return Root!;
    }

    private static string? Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "IpcDemos.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName;
    }
}
