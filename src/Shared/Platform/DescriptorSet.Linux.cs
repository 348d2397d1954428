using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Over epoll(7): a wait costs by what is ready, not by what is watched, so that thousands of idle connections cost nothing.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class LinuxDescriptorSet : DescriptorSet
{
    private const int CloseOnExec = 0x80000;
    private const int OperationAdd = 1;
    private const int OperationRemove = 2;
    private const int OperationChange = 3;
    private const int MostAtOnce = 64;

    private readonly int _epoll;
    private readonly byte[] _events = new byte[MostAtOnce * EventLength];

    public LinuxDescriptorSet()
    {
        _epoll = Create(CloseOnExec);
        ThrowIfFailed(_epoll);
    }

    // struct epoll_event is packed on x86-64 only: 32 bits of events, then 64 of the caller's.
    private static int DataOffset => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private static int EventLength => DataOffset + sizeof(long);

    public override void Add(int descriptor, short events) => Control(OperationAdd, descriptor, events);

    public override void Change(int descriptor, short events) => Control(OperationChange, descriptor, events);

    public override void Remove(int descriptor) => Control(OperationRemove, descriptor, 0);

    public override void Wait(List<(int Descriptor, short Events)> ready)
    {
        fixed (byte* events = _events)
        {
            int count = Wait(_epoll, events, MostAtOnce, -1);
            DescriptorPoller.ThrowUnlessInterrupted(count);
            for (int index = 0; index < count; index++)
            {
                byte* each = events + (index * EventLength);
                ready.Add((*(int*)(each + DataOffset), (short)*(uint*)each));
            }
        }
    }

    // The events' numbers are poll's.
    private void Control(int operation, int descriptor, short events)
    {
        byte* record = stackalloc byte[16];
        *(uint*)record = (ushort)events;
        *(long*)(record + DataOffset) = descriptor;
        ThrowIfFailed(Control(_epoll, operation, descriptor, record));
    }

    private static void ThrowIfFailed(int result)
    {
        if (result < 0)
        {
            throw new IOException($"Waiting for pipes is not possible: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int descriptor, byte* record);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, byte* events, int maximum, int milliseconds);
}
