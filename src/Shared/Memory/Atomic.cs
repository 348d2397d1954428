using System.Runtime.CompilerServices;

namespace IpcDemos.Shared.Memory;

/// <summary>
/// <see cref="Interlocked"/> for any unmanaged type of 1, 2, 4 or 8 bytes. What is done to whole values works on their bits; the
/// branches on sizes and types are resolved when the code is compiled for a type.
/// </summary>
internal static unsafe class Atomic
{
    /// <summary>Reads in one piece what has a size for it, and nothing later before it.</summary>
    public static T Read<T>(ref T location)
        where T : unmanaged
    {
        switch (sizeof(T))
        {
            case 1:
                return From<byte, T>(Volatile.Read(ref As<T, byte>(ref location)));
            case 2:
                return From<short, T>(Volatile.Read(ref As<T, short>(ref location)));
            case 4:
                return From<int, T>(Volatile.Read(ref As<T, int>(ref location)));
            case 8:
                return From<long, T>(Volatile.Read(ref As<T, long>(ref location)));
            default:
                T value = location;
                Interlocked.MemoryBarrier();
                return value;
        }
    }

    /// <summary>Writes in one piece what has a size for it, and nothing earlier after it.</summary>
    public static void Write<T>(ref T location, T value)
        where T : unmanaged
    {
        switch (sizeof(T))
        {
            case 1:
                Volatile.Write(ref As<T, byte>(ref location), As<T, byte>(ref value));
                break;
            case 2:
                Volatile.Write(ref As<T, short>(ref location), As<T, short>(ref value));
                break;
            case 4:
                Volatile.Write(ref As<T, int>(ref location), As<T, int>(ref value));
                break;
            case 8:
                Volatile.Write(ref As<T, long>(ref location), As<T, long>(ref value));
                break;
            default:
                Interlocked.MemoryBarrier();
                location = value;
                break;
        }
    }

    /// <summary>Returns what was there before.</summary>
    public static T Exchange<T>(ref T location, T value)
        where T : unmanaged => sizeof(T) switch
        {
            1 => From<byte, T>(Interlocked.Exchange(ref As<T, byte>(ref location), As<T, byte>(ref value))),
            2 => From<short, T>(Interlocked.Exchange(ref As<T, short>(ref location), As<T, short>(ref value))),
            4 => From<int, T>(Interlocked.Exchange(ref As<T, int>(ref location), As<T, int>(ref value))),
            8 => From<long, T>(Interlocked.Exchange(ref As<T, long>(ref location), As<T, long>(ref value))),
            _ => throw WrongSize<T>(),
        };

    /// <summary>Returns what was there before; <paramref name="value"/> is there now if that had the bits of <paramref name="comparand"/>.</summary>
    public static T CompareExchange<T>(ref T location, T value, T comparand)
        where T : unmanaged => sizeof(T) switch
        {
            1 => From<byte, T>(Interlocked.CompareExchange(
                ref As<T, byte>(ref location), As<T, byte>(ref value), As<T, byte>(ref comparand))),
            2 => From<short, T>(Interlocked.CompareExchange(
                ref As<T, short>(ref location), As<T, short>(ref value), As<T, short>(ref comparand))),
            4 => From<int, T>(Interlocked.CompareExchange(
                ref As<T, int>(ref location), As<T, int>(ref value), As<T, int>(ref comparand))),
            8 => From<long, T>(Interlocked.CompareExchange(
                ref As<T, long>(ref location), As<T, long>(ref value), As<T, long>(ref comparand))),
            _ => throw WrongSize<T>(),
        };

    /// <summary>Returns the sum. Integers wrap around.</summary>
    public static T Add<T>(ref T location, T value)
        where T : unmanaged
    {
        // Of integers of one size, the sum has the same bits with a sign and without.
        if (IsInteger<T>() && sizeof(T) == 4)
        {
            return From<int, T>(Interlocked.Add(ref As<T, int>(ref location), As<T, int>(ref value)));
        }

        if (IsInteger<T>() && sizeof(T) == 8)
        {
            return From<long, T>(Interlocked.Add(ref As<T, long>(ref location), As<T, long>(ref value)));
        }

        T seen = Read(ref location);
        while (true)
        {
            T sum = Sum(seen, value);
            T found = CompareExchange(ref location, sum, seen);
            if (HasSameBits(found, seen))
            {
                return sum;
            }

            seen = found;
        }
    }

    /// <summary>Returns what was there before.</summary>
    public static T And<T>(ref T location, T value)
        where T : unmanaged
    {
        RequireBits<T>();
        T seen = Read(ref location);
        while (true)
        {
            T found = CompareExchange(ref location, FromBits<T>(Bits(seen) & Bits(value)), seen);
            if (HasSameBits(found, seen))
            {
                return seen;
            }

            seen = found;
        }
    }

    /// <summary>Returns what was there before.</summary>
    public static T Or<T>(ref T location, T value)
        where T : unmanaged
    {
        RequireBits<T>();
        T seen = Read(ref location);
        while (true)
        {
            T found = CompareExchange(ref location, FromBits<T>(Bits(seen) | Bits(value)), seen);
            if (HasSameBits(found, seen))
            {
                return seen;
            }

            seen = found;
        }
    }

    /// <summary>The number 1 as a <typeparamref name="T"/>.</summary>
    public static T One<T>()
        where T : unmanaged =>
        typeof(T) == typeof(float) ? From<float, T>(1)
        : typeof(T) == typeof(double) ? From<double, T>(1)
        : IsInteger<T>() ? FromBits<T>(1)
        : throw NoNumber<T>();

    /// <summary>The number -1 as a <typeparamref name="T"/>; of an unsigned type, what added to a number makes it one less.</summary>
    public static T MinusOne<T>()
        where T : unmanaged =>
        typeof(T) == typeof(float) ? From<float, T>(-1)
        : typeof(T) == typeof(double) ? From<double, T>(-1)
        : IsInteger<T>() ? FromBits<T>(ulong.MaxValue)
        : throw NoNumber<T>();

    private static T Sum<T>(T left, T right)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? From<float, T>(As<T, float>(ref left) + As<T, float>(ref right))
        : typeof(T) == typeof(double) ? From<double, T>(As<T, double>(ref left) + As<T, double>(ref right))
        : IsInteger<T>() ? FromBits<T>(Bits(left) + Bits(right))
        : throw NoNumber<T>();

    // By bits, as CompareExchange compares: a NaN is not equal to itself, and -0 is equal to 0.
    private static bool HasSameBits<T>(T left, T right)
        where T : unmanaged => Bits(left) == Bits(right);

    private static ulong Bits<T>(T value)
        where T : unmanaged => sizeof(T) switch
        {
            1 => As<T, byte>(ref value),
            2 => As<T, ushort>(ref value),
            4 => As<T, uint>(ref value),
            8 => As<T, ulong>(ref value),
            _ => throw WrongSize<T>(),
        };

    // Takes the low bytes.
    private static T FromBits<T>(ulong bits)
        where T : unmanaged => As<ulong, T>(ref bits);

    private static bool IsInteger<T>() =>
        typeof(T) == typeof(byte) || typeof(T) == typeof(sbyte) || typeof(T) == typeof(short) || typeof(T) == typeof(ushort)
        || typeof(T) == typeof(char) || typeof(T) == typeof(int) || typeof(T) == typeof(uint) || typeof(T) == typeof(long)
        || typeof(T) == typeof(ulong) || typeof(T) == typeof(nint) || typeof(T) == typeof(nuint) || typeof(T).IsEnum;

    private static void RequireBits<T>()
        where T : unmanaged
    {
        if (!IsInteger<T>() && typeof(T) != typeof(bool))
        {
            throw new NotSupportedException($"{typeof(T)} has no bits to combine: it is neither an integer nor an enum nor a bool.");
        }
    }

    private static ref TTo As<TFrom, TTo>(ref TFrom value) => ref Unsafe.As<TFrom, TTo>(ref value);

    private static TTo From<TFrom, TTo>(TFrom value) => Unsafe.As<TFrom, TTo>(ref value);

    private static NotSupportedException WrongSize<T>()
        where T : unmanaged =>
        new($"{typeof(T)} has {sizeof(T)} bytes; processors change only 1, 2, 4 or 8 in one step. Use the lock.");

    private static NotSupportedException NoNumber<T>() =>
        new($"{typeof(T)} cannot be added to in one step: it is neither an integer nor a float nor a double. Use the lock.");
}
