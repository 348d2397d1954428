using System.Collections.Concurrent;
using System.Globalization;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Memory that has a name in the system, where Python's <c>multiprocessing.shared_memory</c> has it too. The one that created it
/// owns the name; the others only map the memory.
/// </summary>
internal abstract unsafe class NamedMapping : IDisposable
{
    // The names that this process must take away when it ends, as far as it can still do something when it ends.
    private static readonly ConcurrentDictionary<NamedMapping, bool> s_owned = new();

    static NamedMapping() => ProcessEnd.Register(RemoveOwnedNames);

    private int _uses = 1;
    private bool _isDisposed;

    protected NamedMapping(string name, bool isOwner)
    {
        Name = name;
        IsOwner = isOwner;
        if (isOwner)
        {
            s_owned[this] = true;
        }
    }

    public string Name { get; }

    /// <summary>Whether this one created the memory, and so removes its name.</summary>
    public bool IsOwner { get; private set; }

    /// <summary>The first byte, on a page boundary; null when there is none.</summary>
    public byte* Pointer { get; protected set; }

    /// <summary>In bytes; fixed.</summary>
    public long Length { get; protected init; }

    /// <summary>How many mappings made by this library exist, in all processes. Those of killed processes do not count.</summary>
    public abstract int HolderCount { get; }

    /// <summary>Creates memory under a name that does not exist yet.</summary>
    /// <param name="name">As <see cref="Validate"/> wants it.</param>
    /// <param name="length">In bytes, 0 or more.</param>
    /// <param name="reserve">Whether all of it takes up room at once, so that none can be missing later.</param>
    /// <returns>Null if the name exists.</returns>
    /// <exception cref="IOException">The system refused, or there is not enough room.</exception>
    public static NamedMapping? TryCreate(string name, long length, bool reserve) =>
        OperatingSystem.IsLinux() ? LinuxNamedMapping.TryCreate(name, length, reserve)
        : OperatingSystem.IsWindows() ? WindowsNamedMapping.TryCreate(name, length)
        : MacOSNamedMapping.TryCreate(name, length);

    /// <summary>Maps what is there under a name.</summary>
    /// <exception cref="FileNotFoundException">There is nothing.</exception>
    public static NamedMapping Open(string name) =>
        OperatingSystem.IsLinux() ? LinuxNamedMapping.Open(name)
        : OperatingSystem.IsWindows() ? WindowsNamedMapping.Open(name)
        : MacOSNamedMapping.Open(name);

    /// <summary>Removes the names whose creator, a process with this library, ended without doing so.</summary>
    /// <returns>The names that were removed.</returns>
    public static IReadOnlyList<string> RemoveOrphans() =>
        OperatingSystem.IsLinux() ? LinuxNamedMapping.RemoveOrphans()
        : OperatingSystem.IsWindows() ? []
        : MacOSNamedMapping.RemoveOrphans();

    /// <summary>A name that is likely to be free, of the form that Python gives.</summary>
    public static string GenerateName() =>
        (OperatingSystem.IsWindows() ? "wnsm_" : "psm_") + Random.Shared.NextInt64(1L << 32).ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>Refuses what cannot be a name on this system.</summary>
    public static void Validate(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int limit = OperatingSystem.IsMacOS() ? 30 : 255;
        if (name is "." or ".." || name.AsSpan().ContainsAny('/', '\0') || System.Text.Encoding.UTF8.GetByteCount(name) > limit)
        {
            throw new ArgumentException(
                $"'{name.Replace('\0', '␀')}' cannot name shared memory: a name has 1 to {limit} bytes, no '/' and no NUL, and is neither '.' nor '..'.",
                nameof(name));
        }
    }

    /// <summary>Whether the name stays when its owner goes, however that ends, until somebody removes it.</summary>
    public bool LeavesName
    {
        get;
        set
        {
            if (value != field)
            {
                field = value;
                OnLeavesNameChanged();
            }
        }
    }

    /// <summary>Removes the name; the memory lives on while somebody has it mapped.</summary>
    /// <exception cref="FileNotFoundException">The name is gone already, or is now the name of something else.</exception>
    public void Unlink()
    {
        if (!TryUnlink())
        {
            throw new FileNotFoundException($"There is no shared memory '{Name}' (any more).", Name);
        }

        Disown();
    }

    /// <summary>Throws if another program has shortened the memory: touching what is gone would end the process.</summary>
    public virtual void VerifyLength()
    {
    }

    /// <summary>Copies out of the memory in a way that survives its being shortened at the same time.</summary>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Copies into the memory in a way that survives its being shortened at the same time.</summary>
    public abstract void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Keeps the memory mapped, also past <see cref="Dispose"/>, until <see cref="RemoveUse"/>.</summary>
    public void AddUse()
    {
        int uses;
        do
        {
            uses = Volatile.Read(ref _uses);
            ObjectDisposedException.ThrowIf(uses == 0, this);
        }
        while (Interlocked.CompareExchange(ref _uses, uses + 1, uses) != uses);
    }

    public void RemoveUse()
    {
        if (Interlocked.Decrement(ref _uses) == 0)
        {
            Unmap();
        }
    }

    /// <summary>Removes the name if it is this one's to remove; unmaps the memory once nobody uses it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        if (IsOwner && !LeavesName)
        {
            // Somebody else may have removed it: Python's resource tracker does so with whatever a Python program attached to.
            _ = TryUnlink();
        }

        Disown();
        RemoveUse();
    }

    protected abstract void Unmap();

    protected virtual void OnLeavesNameChanged()
    {
    }

    /// <summary>Removes the name if it still is that of this memory.</summary>
    protected abstract bool TryUnlink();

    protected void Disown()
    {
        IsOwner = false;
        _ = s_owned.TryRemove(this, out _);
    }

    private static void RemoveOwnedNames()
    {
        // A signal can come while the process is exiting anyway: the second one must wait for the first to have removed them all,
        // because the process is ended when it returns.
        lock (s_owned)
        {
            foreach (NamedMapping mapping in s_owned.Keys)
            {
                mapping.Dispose();
            }
        }
    }
}
