using System.Buffers;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// A block of bytes that several processes have in their memory at the same time. Anonymous, it is passed on as an argument or in a
/// message and leaves nothing behind, whatever is killed. Named, it is found by its name, also by Python's
/// <c>multiprocessing.shared_memory.SharedMemory</c>, and Python's by <see cref="Open"/>.
/// </summary>
/// <remarks>
/// <para>Ownership is explicit. Whoever created a named block owns its name, and removes it on <see cref="Dispose"/> and when the process
/// exits or is ended by SIGTERM, SIGINT or SIGHUP, unless <see cref="LeaveOnDispose"/> is set; a creator that was killed leaves a name
/// that <see cref="Cleanup"/> takes away. Attaching never removes anything. (A Python before 3.13 does remove what it merely attached to,
/// when it exits; the memory itself stays for those who have it.)</para>
/// <para>The size is fixed at creation. Nothing locks the content: two processes that write at the same time need a lock or atomic
/// operations. All members are safe to call from any thread, except that a <see cref="Span"/> must not be used while or after another
/// thread disposes of the object: a span does not know its owner. What a <see cref="Memory"/> gives is safe: it throws after
/// disposal, and while it is pinned the memory stays. There is no finalizer, for the same reason: dispose of it, or it stays mapped
/// until the process ends.</para>
/// <para>On Linux nobody can shorten an anonymous block, because it is sealed. A named one can be, by any program of this user;
/// every member that gives access then throws <see cref="IOException"/>, but a span taken before that is touched afterwards ends the
/// process (SIGBUS), which .NET cannot turn into an exception. <see cref="Read"/> and <see cref="Write"/> are safe even so.</para>
/// </remarks>
[MessagePackFormatter(typeof(SharedMemoryFormatter))]
public sealed unsafe partial class SharedMemory : IDisposable, IMemorySource
{
    // Exactly one of the two is there.
    private readonly SharedBlock? _block;
    private readonly NamedMapping? _named;
    private volatile bool _isDisposed;

    internal SharedMemory(SharedBlock block)
    {
        _block = block;
        Length = (long)block.Size;
    }

    private SharedMemory(NamedMapping named)
    {
        _named = named;
        Length = named.Length;
    }

    /// <summary>
    /// The size in bytes. Of a named block that was attached to on Windows or macOS, rounded up to whole pages, as in Python.
    /// </summary>
    public long Length { get; }

    /// <summary>
    /// All of it. Costs a system call for a named block (a look whether it was shortened): take it once, not per byte.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is larger than a span can be (2 GiB); use <see cref="GetSpan"/>.</exception>
    /// <exception cref="IOException">Another program has shortened it.</exception>
    public Span<byte> Span => GetSpan(0, LengthForSpan());

    /// <summary>All of it, for where a span cannot go. It fails after <see cref="Dispose"/>, and pinning it delays the unmapping.</summary>
    /// <exception cref="InvalidOperationException">It is larger than a <see cref="Memory{T}"/> can be (2 GiB); use <see cref="GetMemory"/>.</exception>
    public Memory<byte> Memory => GetMemory(0, LengthForSpan());

    /// <summary>
    /// How many objects of this library, in all processes, have this memory now. Those of a process that has ended, however it ended,
    /// do not count, nor do other programs. A message on its way counts when nothing else of its sender does. Costs some microseconds.
    /// </summary>
    public int ReferenceCount
    {
        get
        {
            ThrowIfDisposed();
            return _block?.ReferenceCount ?? _named!.HolderCount;
        }
    }

    /// <summary>Creates an anonymous block of zeros. On Linux and macOS only the pages that are used take up memory.</summary>
    /// <param name="size">In bytes, 0 or more.</param>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public static SharedMemory Create(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, long.MaxValue / 2);
        return new SharedMemory(SharedBlock.Allocate(checked((nuint)size)));
    }

    /// <summary>A part of it.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="length">In bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">It reaches beyond the end; shared memory does not grow.</exception>
    /// <exception cref="IOException">Another program has shortened the memory.</exception>
    public Span<byte> GetSpan(long offset, int length)
    {
        RequireRange(offset, length);
        byte* pointer = ((IMemorySource)this).GetPointer();
        return new Span<byte>(pointer + offset, length);
    }

    /// <summary>A part of it, for where a span cannot go.</summary>
    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(long offset, int length)
    {
        RequireRange(offset, length);
        ThrowIfDisposed();
        return new SharedMemoryManager<byte>(this, offset, length).Memory;
    }

    /// <summary>Copies out of it, safely even if another program shortens it at the same time.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="destination">Filled completely.</param>
    /// <inheritdoc cref="GetSpan"/>
    public void Read(long offset, Span<byte> destination)
    {
        RequireRange(offset, destination.Length);
        ThrowIfDisposed();
        if (_named is null)
        {
            GetSpan(offset, destination.Length).CopyTo(destination);
        }
        else
        {
            _named.Read(offset, destination);
        }
    }

    /// <summary>Copies into it, safely even if another program shortens it at the same time.</summary>
    /// <param name="offset">In bytes.</param>
    /// <param name="source">Written completely.</param>
    /// <inheritdoc cref="GetSpan"/>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        RequireRange(offset, source.Length);
        ThrowIfDisposed();
        if (_named is null)
        {
            source.CopyTo(GetSpan(offset, source.Length));
        }
        else
        {
            _named.Write(offset, source);
        }
    }

    /// <summary>Another object for the same memory; it owns no name and is to be disposed of in its turn.</summary>
    /// <exception cref="FileNotFoundException">The name is gone.</exception>
    public SharedMemory Duplicate()
    {
        ThrowIfDisposed();
        return _block is null ? Open(Name!) : new SharedMemory(_block.Duplicate());
    }

    /// <summary>Lets the memory go, and removes the name if this object owns it. Can be repeated.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _named?.Dispose();
        _block?.Dispose();
    }

    /// <summary>For people: <c>SharedMemory(psm_1b2c3d4e, 4096 bytes)</c>.</summary>
    public override string ToString() => $"SharedMemory({Name ?? "anonymous"}, {Length} bytes)";

    byte* IMemorySource.GetPointer()
    {
        ThrowIfDisposed();
        if (_named is null)
        {
            return _block!.Pointer;
        }

        _named.VerifyLength();
        return _named.Pointer;
    }

    IPinnable IMemorySource.Pin()
    {
        if (_block is not null)
        {
            return new MemoryPin(_block.Duplicate().Dispose);
        }

        _named!.AddUse();
        return new MemoryPin(_named.RemoveUse);
    }

    internal void WriteReference(ref MessagePackWriter writer)
    {
        ThrowIfDisposed();
        if (_block is null)
        {
            writer.Write(Name);
        }
        else
        {
            _block.Write(ref writer);
        }
    }

    private int LengthForSpan() =>
        Length <= int.MaxValue
            ? (int)Length
            : throw new InvalidOperationException($"{this} is larger than one span can be; use GetSpan or GetMemory for a part of it.");

    private void RequireRange(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{length} bytes from there reach beyond the end of {this}, which does not grow: create a larger one.");
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
