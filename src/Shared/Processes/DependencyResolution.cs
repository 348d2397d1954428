using System.Runtime.Loader;

namespace IpcDemos.Shared.Processes;

/// <summary>
/// Lets a worker find its creator's assemblies. The launcher has the host read the creator's own list of dependencies; what that
/// does not cover (a self-contained program, a plug-in, a test host) is looked for beside the creator's files.
/// </summary>
internal static class DependencyResolution
{
    /// <param name="baseDirectory">The creator's <see cref="AppContext.BaseDirectory"/>.</param>
    public static void Enable(string baseDirectory) =>
        AssemblyLoadContext.Default.Resolving += (context, name) =>
        {
            string path = Path.Combine(baseDirectory, name.CultureName ?? "", name.Name + ".dll");
            return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        };
}
