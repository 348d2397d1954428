using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.Shared.Csp;

/// <summary>A channel, as all ends of it in this process share it. One object per channel and process.</summary>
/// <remarks>
/// <para>
/// One lock guards a channel. A choice takes the locks of all its channels, in the order of their numbers so that no two wait for each
/// other, looks for a partner, and either finds one or leaves an offer at each channel before it lets go of any lock:
/// </para>
/// <code>
///   look:  lock all ─► an open offer, an item, room? ─► copy the item, then one CAS, or one store of head or tail ─► unlock all ─► wake
///   wait:  … nothing ─► make an offer at each channel ─► open the own slot ─► unlock all ─► wait until it is decided or kicked
/// </code>
/// <para>
/// So of two choices that could meet, the one that locks second finds the first one's offer: none is missed. Whose offer is found is
/// decided by its <see cref="SlotWord"/>: none is taken twice. The item is where it is to go before that, so whoever is killed before
/// the decision has done nothing, and whoever is killed after it has done everything but the waking. For that, each who waits watches
/// all processes that have ends of its channels, and looks again when one ends. A new owner kicks all who wait before it becomes one,
/// so that they watch it too.
/// </para>
/// </remarks>
internal sealed unsafe partial class ChannelCore
{
    private static readonly ulong s_self = ProcessIdentity.Current.Packed;
    private static readonly Dictionary<ulong, ChannelCore> s_cores = [];

    private readonly SharedBlock _block;
    private readonly SharedLifetime _lifetime;
    private readonly RobustLock _lock;
    private readonly ChannelState* _state;
    private int _users = 1;
    private SharedBlock? _toWake;

    private ChannelCore(SharedBlock block)
    {
        _block = block;
        _state = (ChannelState*)block.Pointer;
        _lifetime = new SharedLifetime(block, this);
        _lock = new RobustLock(_lifetime, &_state->Lock);
    }

    /// <summary>Orders the locks.</summary>
    public ulong Id => _state->Id;

    /// <summary>How many items the buffer holds at most.</summary>
    public int Capacity => _state->Capacity;

    /// <summary>How many bytes an item can have in an offer.</summary>
    public int ItemSize => _state->ItemSize;

    /// <summary>How many bytes an item can have in the channel itself.</summary>
    public int LargestItem => Capacity == 0 ? ItemSize : _state->CapacityInBytes;

    /// <summary>Whether and how it has ended.</summary>
    public ChannelEnding Ending => (ChannelEnding)Volatile.Read(ref *(int*)&_state->Ending);

    /// <summary>Why it was poisoned.</summary>
    public PoisonCause Cause => new(_state->CauseProcess, _state->CauseExitCode);

    /// <exception cref="IOException">The system refused the memory.</exception>
    /// <param name="options">What it is to be like.</param>
    /// <param name="itemSize">The bytes of each item; 0 if they are serialized, and vary.</param>
    /// <param name="itemType">Identifies the type of the items.</param>
    public static ChannelCore Create(CspChannelOptions options, int itemSize, ulong itemType)
    {
        int capacityInBytes = options.Capacity == 0 ? 0
            : itemSize == 0 ? RoundUp(options.CapacityInBytes)
            : (int)Math.Min((long)options.Capacity * RoundUp(itemSize), CspChannelOptions.MostBytes);
        itemSize = itemSize == 0 ? ChannelLayout.SerializedSize : RoundUp(itemSize);
        var block = SharedBlock.Allocate((nuint)ChannelLayout.SizeOf(itemSize, options.Capacity, capacityInBytes));
        var state = (ChannelState*)block.Pointer;
        state->ItemType = itemType;
        state->Id = (ulong)Random.Shared.NextInt64(1, long.MaxValue);
        state->ItemSize = itemSize;
        state->Capacity = options.Capacity;
        state->CapacityInBytes = capacityInBytes;
        state->DeathPolicy = options.DeathPolicy;
        state->Magic = ChannelState.CurrentMagic;
        var core = new ChannelCore(block);
        lock (s_cores)
        {
            s_cores.Add(core.Id, core);
        }

        return core;
    }

    /// <summary>Attaches to a channel that a reference in a message leads to; the caller is then one of its users.</summary>
    /// <exception cref="IOException">It is gone, or is no channel.</exception>
    public static ChannelCore Attach(ref MessagePackReader reader, ulong itemType)
    {
        SharedBlock block = SharedBlock.Read(ref reader);
        var state = (ChannelState*)block.Pointer;
        try
        {
            if (block.Size < (nuint)sizeof(ChannelState) || state->Magic != ChannelState.CurrentMagic
                || block.Size < (nuint)ChannelLayout.SizeOf(state->ItemSize, state->Capacity, state->CapacityInBytes))
            {
                throw new IOException("The shared memory that was referred to is not a channel of this version of the library.");
            }

            if (itemType != 0 && state->ItemType != itemType)
            {
                throw new MessagePackSerializationException(
                    "The channel has items of another type. Receive its end as the very type that it was created as.");
            }

            lock (s_cores)
            {
                if (s_cores.TryGetValue(state->Id, out ChannelCore? known))
                {
                    known._users++;
                    block.Dispose();
                    return known;
                }

                var core = new ChannelCore(block);
                s_cores.Add(core.Id, core);
                return core;
            }
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the channel mapped until <see cref="RemoveUser"/>. Only by one who has a use, or on behalf of such.</summary>
    public void AddUser()
    {
        lock (s_cores)
        {
            _users++;
        }
    }

    /// <summary>Ends a use; the last one gives up the memory.</summary>
    public void RemoveUser()
    {
        lock (s_cores)
        {
            if (--_users > 0)
            {
                return;
            }

            _ = s_cores.Remove(Id);
        }

        ForgetPeers(_ => true);
        _ = _lifetime.Dispose();
    }

    /// <summary>Begins a wait.</summary>
    public SharedWait BeginWait(CancellationToken cancellationToken) => _lifetime.Enter(cancellationToken);

    /// <summary>Takes the lock, and blocks meanwhile.</summary>
    public void Enter() => _ = _lock.Acquire(Deadline.Infinite, CancellationToken.None);

    /// <summary>Takes the lock. If its holder has died, nothing has to be mended: every step under it is made by one store.</summary>
    public ValueTask EnterAsync(bool isAsync)
    {
        if (_lock.TryTakeNow(CancellationToken.None))
        {
            return ValueTask.CompletedTask;
        }

        if (isAsync)
        {
            return new ValueTask(_lock.AcquireAsync(Deadline.Infinite, CancellationToken.None).AsTask());
        }

        Enter();
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the lock up, and wakes whose choice was decided meanwhile.</summary>
    public void Exit()
    {
        SharedBlock? toWake = _toWake;
        _toWake = null;
        CrashPoint.Reach("csp.before-exit");
        _lock.Release();
        if (toWake is not null)
        {
            CrashPoint.Reach("csp.before-wake");
            new SlotWord((SlotState*)toWake.Pointer).Word.WakeAll();
            toWake.Dispose();
        }
    }

    /// <summary>Throws what using an ended channel throws.</summary>
    public ChannelEndedException Ended() =>
        Ending == ChannelEnding.Poisoned ? new ChannelPoisonedException(Cause) : new ChannelRetiredException(Ending);

    /// <inheritdoc/>
    public override string ToString() => $"CSP channel {Id:x16}";

    private static int RoundUp(int length) => (length + 7) & ~7;

    private byte[] Reference()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(OfferEntry.ReferenceSize);
        var writer = new MessagePackWriter(buffer);
        _block.Write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
