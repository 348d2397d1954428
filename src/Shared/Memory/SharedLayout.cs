namespace IpcDemos.Shared.Memory;

/// <summary>Where in the block of a shared value or array what is.</summary>
internal static class SharedLayout
{
    /// <summary>
    /// The block's first bytes: zeros that belong to the lock of the value or array, whose code is in a layer above. On cache lines of
    /// their own, so that a process that waits for the lock does not slow down the one that works on the data.
    /// </summary>
    public const int LockAreaSize = 128;

    /// <summary>The bytes of a block for <paramref name="length"/> elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or more than can be addressed.</exception>
    public static unsafe nuint SizeOf<T>(long length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, (long.MaxValue / 2 / sizeof(T)) - LockAreaSize);
        return checked((nuint)((length * sizeof(T)) + LockAreaSize));
    }
}
