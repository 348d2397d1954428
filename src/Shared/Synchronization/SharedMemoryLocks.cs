using IpcDemos.Shared.Memory;

namespace IpcDemos.Shared.Synchronization;

/// <summary>The locks that shared values and arrays have; the counterpart of <c>Value.get_lock()</c> and <c>Array.get_lock()</c>.</summary>
public static class SharedMemoryLocks
{
    extension<T>(SharedValue<T> value)
        where T : unmanaged
    {
        /// <summary>
        /// The value's own lock, the same for every process that has the value. Nothing takes it but its users: reading and writing
        /// <see cref="SharedValue{T}.Value"/> does not. It lives with the value's object and is not to be disposed of.
        /// </summary>
        /// <exception cref="ObjectDisposedException">The value was disposed of.</exception>
        public ProcessRecursiveLock Lock => LockOf(value.Block);
    }

    extension<T>(SharedArray<T> array)
        where T : unmanaged
    {
        /// <summary>
        /// The array's own lock, the same for every process that has the array, and for its slices. Nothing takes it but its users:
        /// reading and writing elements does not. It lives with the array's object and is not to be disposed of.
        /// </summary>
        /// <exception cref="ObjectDisposedException">The array was disposed of.</exception>
        public ProcessRecursiveLock Lock => LockOf(array.Block);
    }

    private static ProcessRecursiveLock LockOf(SharedBlock block) => block.Companion(static handle => new ProcessRecursiveLock(handle));
}
