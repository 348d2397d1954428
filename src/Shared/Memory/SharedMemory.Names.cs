using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Memory;

/// <content>Memory that has a name, and whose the name is.</content>
public sealed partial class SharedMemory
{
    /// <summary>The name, without a leading slash; <see langword="null"/> for anonymous memory.</summary>
    public string? Name => _named?.Name;

    /// <summary>Whether this object created a named block and so removes its name.</summary>
    public bool IsOwner => _named is { IsOwner: true };

    /// <summary>
    /// Whether the name stays when this owner is disposed of, exits or is killed; it is then nobody's, and <see cref="Unlink"/> is the
    /// only way to remove it. Not on Windows, where the memory goes with its last user. The default is <see langword="false"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set on something that owns no name.</exception>
    public bool LeaveOnDispose
    {
        get => _named is { LeavesName: true };
        set
        {
            ThrowIfDisposed();
            if (!IsOwner)
            {
                throw new InvalidOperationException($"{this} does not own a name, so there is none to leave.");
            }

            _named!.LeavesName = value;
        }
    }

    /// <summary>Creates a named block of zeros, which this object owns. A name left by a killed creator is taken over.</summary>
    /// <param name="name">Without '/' and NUL, at most 255 bytes (macOS: 30); <see langword="null"/> chooses a free one, as Python does.</param>
    /// <param name="size">In bytes, 0 or more. Python cannot attach to an empty one.</param>
    /// <param name="reserve">
    /// Whether to take all of the room now. Otherwise pages are taken as they are used, and if <c>/dev/shm</c> is filled by others
    /// meanwhile, using the next one ends the process (SIGBUS); that there is room at the start is checked in both cases.
    /// </param>
    /// <exception cref="ArgumentException">It cannot be a name.</exception>
    /// <exception cref="IOException">The name exists, or there is not enough room.</exception>
    public static SharedMemory CreateNamed(string? name, long size, bool reserve = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (name is not null)
        {
            NamedMapping.Validate(name);
            return new SharedMemory(NamedMapping.TryCreate(name, size, reserve) ?? throw new IOException(
                $"Shared memory '{name}' exists already. Attach to it with Open, or create it under another name."));
        }

        NamedMapping? mapping;
        do
        {
            mapping = NamedMapping.TryCreate(NamedMapping.GenerateName(), size, reserve);
        }
        while (mapping is null);
        return new SharedMemory(mapping);
    }

    /// <summary>Attaches to a named block, ours or Python's. Never removes it.</summary>
    /// <exception cref="ArgumentException">It cannot be a name.</exception>
    /// <exception cref="FileNotFoundException">There is no such block.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public static SharedMemory Open(string name)
    {
        NamedMapping.Validate(name);
        return new SharedMemory(NamedMapping.Open(name));
    }

    /// <summary>
    /// Removes the named blocks that were created with this library by a process that was killed before it could remove them. Those
    /// whose creator lives, stopped or not, those left on purpose and those of other programs are not touched; who has a removed
    /// block keeps it. Linux before 6.6 keeps no record of who made a block, and nothing is removed there; on Windows nothing is left.
    /// </summary>
    /// <returns>The names that were removed.</returns>
    public static IReadOnlyList<string> Cleanup() => NamedMapping.RemoveOrphans();

    /// <summary>
    /// Removes the name now, whoever owns it. Who has the memory keeps it. Without effect on Windows, where the name goes with the last
    /// user.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is anonymous.</exception>
    /// <exception cref="FileNotFoundException">The name is gone already, or names something else by now.</exception>
    public void Unlink()
    {
        ThrowIfDisposed();
        if (_named is null)
        {
            throw new InvalidOperationException("Anonymous shared memory has no name to remove.");
        }

        _named.Unlink();
    }
}
