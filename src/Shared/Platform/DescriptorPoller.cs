using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Waits for Unix descriptors to become ready: on the caller's thread, or for any number of awaiting callers on one shared
/// thread that sleeps in the system (<see cref="DescriptorSet"/>) and uses no processor time while nothing happens.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal static unsafe partial class DescriptorPoller
{
    public const short Readable = 1;
    public const short Writable = 4;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<int, List<Waiter>> s_waiters = [];
    private static DescriptorSet? s_set;
    private static bool s_hasThread;

    /// <summary>Blocks until the descriptor is ready, or in error, or at its end; false at the deadline.</summary>
    public static bool Wait(SafeHandle descriptor, short events, Deadline deadline)
    {
        bool referenced = false;
        descriptor.DangerousAddRef(ref referenced);
        try
        {
            var poll = new PollDescriptor { Descriptor = (int)descriptor.DangerousGetHandle(), Events = events };
            while (true)
            {
                int ready = Poll(&poll, 1, deadline.RemainingMilliseconds);
                if (ready > 0)
                {
                    return true;
                }

                if (ready == 0 && deadline.HasPassed)
                {
                    return false;
                }

                ThrowUnlessInterrupted(ready);
            }
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    /// <summary>Completes when the descriptor is ready, or in error, or at its end.</summary>
    public static Task WaitAsync(SafeHandle descriptor, short events, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var waiter = new Waiter(descriptor, events);
        lock (s_lock)
        {
            try
            {
                Add(waiter);
            }
            catch
            {
                waiter.Release();
                throw;
            }
        }

        if (cancellationToken.CanBeCanceled)
        {
            CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                static (state, token) => Cancel((Waiter)state!, token), waiter);
            lock (s_lock)
            {
                if (!waiter.IsDone)
                {
                    waiter.Cancellation = registration;
                    return waiter.Source.Task;
                }
            }

            // It became ready before there was anything to unregister.
            registration.Dispose();
        }

        return waiter.Source.Task;
    }

    /// <summary>The descriptors are watched exactly while somebody waits for them, and so never after they were closed.</summary>
    private static void Add(Waiter waiter)
    {
        s_set ??= DescriptorSet.Create();
        if (!s_hasThread)
        {
            // Noted only once it has started: if there is no thread now, the next wait tries again, with the same set.
            CrashPoint.Reach("poller.thread");
            new Thread(Run) { IsBackground = true, Name = "IpcDemos descriptor poller" }.Start();
            s_hasThread = true;
        }

        // A list stays when it is empty: the next wait for the same descriptor is near, and there are only so many numbers.
        if (!s_waiters.TryGetValue(waiter.Descriptor, out List<Waiter>? waiters))
        {
            s_waiters.Add(waiter.Descriptor, waiters = []);
        }

        waiters.Add(waiter);
        try
        {
            if (waiters.Count == 1)
            {
                s_set.Add(waiter.Descriptor, waiter.Events);
            }
            else
            {
                s_set.Change(waiter.Descriptor, EventsOf(waiters));
            }
        }
        catch
        {
            _ = waiters.Remove(waiter);
            throw;
        }
    }

    private static void Remove(Waiter waiter)
    {
        waiter.IsDone = true;
        List<Waiter> waiters = s_waiters[waiter.Descriptor];
        _ = waiters.Remove(waiter);
        if (waiters.Count > 0)
        {
            s_set!.Change(waiter.Descriptor, EventsOf(waiters));
        }
        else
        {
            s_set!.Remove(waiter.Descriptor);
        }
    }

    private static short EventsOf(List<Waiter> waiters)
    {
        int events = 0;
        foreach (Waiter waiter in waiters)
        {
            events |= (ushort)waiter.Events;
        }

        return (short)events;
    }

    private static void Cancel(Waiter waiter, CancellationToken token)
    {
        lock (s_lock)
        {
            if (waiter.IsDone)
            {
                return; // it became ready first
            }

            Remove(waiter);
        }

        waiter.Release();
        _ = waiter.Source.TrySetCanceled(token);
    }

    private static void Run()
    {
        var returned = new List<(int Descriptor, short Events)>();
        var ready = new List<Waiter>();
        while (true)
        {
            returned.Clear();
            s_set!.Wait(returned);
            lock (s_lock)
            {
                foreach ((int descriptor, short events) in returned)
                {
                    // Between the wait and the lock the waiters may have been cancelled, and the descriptor may even have been
                    // closed and given out again: whoever waits for that one now is woken once for nothing, and looks again.
                    // An error or the end of the stream, which nobody asks for, is for everybody.
                    ready.AddRange(s_waiters.GetValueOrDefault(descriptor, [])
                        .Where(waiter => (events & (waiter.Events | ~(Readable | Writable))) != 0));
                }

                ready.ForEach(Remove);
            }

            foreach (Waiter waiter in ready)
            {
                waiter.Cancellation.Dispose();
                waiter.Release();
                _ = waiter.Source.TrySetResult();
            }

            ready.Clear();
        }
    }

    /// <summary>A signal that interrupts a wait is no failure.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void ThrowUnlessInterrupted(int result)
    {
        if (result < 0 && Marshal.GetLastPInvokeError() != Errno.Interrupted)
        {
            throw new IOException($"Waiting for a pipe failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private sealed class Waiter
    {
        private readonly SafeHandle _handle;

        public Waiter(SafeHandle handle, short events)
        {
            // Held open while it is polled: a number that was closed and given out again would wake the wrong waiter.
            bool referenced = false;
            handle.DangerousAddRef(ref referenced);
            _handle = handle;
            Descriptor = (int)handle.DangerousGetHandle();
            Events = events;
        }

        public int Descriptor { get; }

        public short Events { get; }

        public TaskCompletionSource Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenRegistration Cancellation { get; set; }

        /// <summary>Under the lock: it became ready or was cancelled, whichever came first.</summary>
        public bool IsDone { get; set; }

        public void Release() => _handle.DangerousRelease();
    }
}
