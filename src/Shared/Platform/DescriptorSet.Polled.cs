using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Over poll(2), which every Unix has: a wait costs by what is watched. A pipe to itself wakes the waiting thread for a change.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class PolledDescriptorSet : DescriptorSet
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, short> _watched = [];
    private readonly int _wakeRead;
    private readonly int _wakeWrite;
    private DescriptorPoller.PollDescriptor[] _polled = [];
    private bool _isWoken;

    public PolledDescriptorSet()
    {
        int* ends = stackalloc int[2];
        if (CreatePipe(ends) != 0)
        {
            throw new IOException($"Waiting for pipes is not possible: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        (_wakeRead, _wakeWrite) = (ends[0], ends[1]);
        DescriptorControl.KeepFromPrograms(_wakeRead);
        DescriptorControl.KeepFromPrograms(_wakeWrite);
    }

    public override void Add(int descriptor, short events) => Change(descriptor, events);

    public override void Change(int descriptor, short events)
    {
        lock (_lock)
        {
            _watched[descriptor] = events;
            Wake();
        }
    }

    public override void Remove(int descriptor)
    {
        lock (_lock)
        {
            _ = _watched.Remove(descriptor);
            Wake();
        }
    }

    public override void Wait(List<(int Descriptor, short Events)> ready)
    {
        int count = 1;
        lock (_lock)
        {
            if (_polled.Length <= _watched.Count)
            {
                _polled = new DescriptorPoller.PollDescriptor[(_watched.Count + 1) * 2];
            }

            _polled[0] = new DescriptorPoller.PollDescriptor { Descriptor = _wakeRead, Events = DescriptorPoller.Readable };
            foreach (var (descriptor, events) in _watched)
            {
                _polled[count++] = new DescriptorPoller.PollDescriptor { Descriptor = descriptor, Events = events };
            }
        }

        fixed (DescriptorPoller.PollDescriptor* first = _polled)
        {
            int result = DescriptorPoller.Poll(first, (nuint)count, -1);
            DescriptorPoller.ThrowUnlessInterrupted(result);
            if (result <= 0)
            {
                return;
            }
        }

        if (_polled[0].Returned != 0)
        {
            lock (_lock)
            {
                byte one;
                _ = Read(_wakeRead, &one, 1);
                _isWoken = false;
            }
        }

        for (int index = 1; index < count; index++)
        {
            if (_polled[index].Returned != 0)
            {
                ready.Add((_polled[index].Descriptor, _polled[index].Returned));
            }
        }
    }

    /// <summary>Called under the lock: makes the thread look at the set again. One byte in the pipe is enough.</summary>
    private void Wake()
    {
        if (!_isWoken)
        {
            byte one = 1;
            _isWoken = Write(_wakeWrite, &one, 1) == 1;
        }
    }

    [LibraryImport("libc", EntryPoint = "pipe", SetLastError = true)]
    private static partial int CreatePipe(int* ends);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, byte* buffer, nuint count);
}
