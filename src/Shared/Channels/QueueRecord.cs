
namespace IpcDemos.Shared.Channels;

/// <summary>The header of an item of varying size, in the byte order of the machine: nothing of a ring leaves it.</summary>
internal static class QueueRecord
{
    /// <summary>How many units an item of that many bytes takes, header included.</summary>
    public static uint UnitsFor(uint length) =>
        (uint)(((ulong)length + QueueLayout.RecordHeader + QueueLayout.RecordUnit - 1) / QueueLayout.RecordUnit);
}
