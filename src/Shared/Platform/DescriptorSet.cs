using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Descriptors that one thread waits for while others add and remove some. Those who change it see to it that they do so one at
/// a time and that a descriptor is open for as long as it is in the set.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal abstract class DescriptorSet
{
    /// <exception cref="IOException">The system refused: too many files are open.</exception>
    public static DescriptorSet Create() => OperatingSystem.IsLinux() ? new LinuxDescriptorSet() : new PolledDescriptorSet();

    /// <summary>The waiting thread is told once the descriptor has such events, an error, or its end, and again while it has.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public abstract void Add(int descriptor, short events);

    /// <summary>As <see cref="Add"/>, for one that is in the set.</summary>
    public abstract void Change(int descriptor, short events);

    public abstract void Remove(int descriptor);

    /// <summary>Blocks until some are ready, and says which. May return with none.</summary>
    public abstract void Wait(List<(int Descriptor, short Events)> ready);
}
