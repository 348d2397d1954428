using System.Globalization;
using System.Numerics;
using IpcDemos.Shared.Memory;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Serialization;
using IpcDemos.Shared.Synchronization;
using MessagePack;

namespace IpcDemos.TestWorker.Commands;

/// <summary>
/// Does with shared memory what it is told on standard input, a line at a time, and answers each with a line: the result, or the type
/// and message of the exception. Ends with its input. Objects are kept under the names that the lines give them.
/// </summary>
public static class MemoryPeer
{
    private static readonly Dictionary<string, object> s_objects = [];
    private static readonly Queue<SharedBlock> s_checked = [];

    public static int Run(string[] args)
    {
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            try
            {
                Console.WriteLine(Execute(line.Split(' ')));
            }
            catch (Exception error)
            {
                Console.WriteLine($"{error.GetType().Name}: {error.Message}");
            }
        }

        return 0;
    }

    private static object Execute(string[] words) => words switch
    {
        ["allocate", var name, var size] => Keep(name, SharedBlock.Allocate(nuint.Parse(size, CultureInfo.InvariantCulture))),
        ["attach", var name, var reference] => Keep(name, ReadBlock(Convert.FromBase64String(reference))),
        ["refer", var name] => Convert.ToBase64String(WriteBlock((SharedBlock)s_objects[name])),
        ["peek", var name, var offset] => Byte(name, offset),
        ["poke", var name, var offset, var value] => Byte(name, offset) = byte.Parse(value, CultureInfo.InvariantCulture),
        ["address", var name] => AddressOf((SharedBlock)s_objects[name]),
        ["addresses", var blocks, var size] => Addresses(
            int.Parse(blocks, CultureInfo.InvariantCulture), nuint.Parse(size, CultureInfo.InvariantCulture)),
        ["count", var name] => ((SharedBlock)s_objects[name]).ReferenceCount,
        ["create", var name, var memory, var size] => Keep(name, SharedMemory.CreateNamed(memory, long.Parse(size, CultureInfo.InvariantCulture))),
        ["open", var name, var memory] => Keep(name, SharedMemory.Open(memory)),
        ["leave", var name] => ((SharedMemory)s_objects[name]).LeaveOnDispose = true,
        ["receive", var name, var message] => Keep(name, Receive<SharedMemory>(message)),
        ["fill", var name, var value] => Fill((SharedMemory)s_objects[name], byte.Parse(value, CultureInfo.InvariantCulture)),
        ["first", var name] => ((SharedMemory)s_objects[name]).Span[0],
        ["references", var name] => ((SharedMemory)s_objects[name]).ReferenceCount,
        ["negate", "int", var kind, var message] => Negate<int>(kind, message),
        ["negate", "long", var kind, var message] => Negate<long>(kind, message),
        ["negate", "short", var kind, var message] => Negate<short>(kind, message),
        ["negate", "double", var kind, var message] => Negate<double>(kind, message),
        ["negate", "float", var kind, var message] => Negate<float>(kind, message),
        ["add", var times, var message] => Add(int.Parse(times, CultureInfo.InvariantCulture), message),
        ["add-locked", var times, var message] => AddLocked(int.Parse(times, CultureInfo.InvariantCulture), message),
        ["hold", var message] => Receive<SharedValue<decimal>>(message).Lock.Acquire().IsAcquired ? "ok" : "not acquired",
        ["array", var name, var message] => Keep(name, Receive<SharedArray<int>>(message)),
        ["resend", var name] => Convert.ToBase64String(MessageSerializer.Serialize((SharedArray<int>)s_objects[name])),
        ["crash", var point] => Arm(point),
        ["check", var reference, var stamp] => Check(reference, byte.Parse(stamp, CultureInfo.InvariantCulture)),
        ["mappings", var blocks, var size] => CountMappingsOf(
            int.Parse(blocks, CultureInfo.InvariantCulture), nuint.Parse(size, CultureInfo.InvariantCulture)),
        ["dispose", var name] => Dispose(name),
        ["exit", var code] => Exit(int.Parse(code, CultureInfo.InvariantCulture)),
        _ => throw new NotSupportedException($"Unknown: {string.Join(" ", words)}"),
    };

    private static string Keep(string name, object value)
    {
        s_objects[name] = value;
        return "ok";
    }

    private static string Dispose(string name)
    {
        ((IDisposable)s_objects[name]).Dispose();
        _ = s_objects.Remove(name);
        return "ok";
    }

    private static string Fill(SharedMemory memory, byte value)
    {
        memory.Span.Fill(value);
        return "ok";
    }

    private static T Receive<T>(string message) => MessageSerializer.Deserialize<T>(Convert.FromBase64String(message));

    private static string Negate<T>(string kind, string message)
        where T : unmanaged, INumber<T>
    {
        if (kind == "value")
        {
            using SharedValue<T> value = Receive<SharedValue<T>>(message);
            value.Value = -value.Value;
            return "ok";
        }

        using SharedArray<T> array = Receive<SharedArray<T>>(message);
        foreach (ref T element in array.Span)
        {
            element = -element;
        }

        return "ok";
    }

    private static string Add(int times, string message)
    {
        using SharedValue<int> value = Receive<SharedValue<int>>(message);
        for (int i = 0; i < times; i++)
        {
            value.Increment();
        }

        return "ok";
    }

    private static string AddLocked(int times, string message)
    {
        using SharedValue<decimal> value = Receive<SharedValue<decimal>>(message);
        for (int i = 0; i < times; i++)
        {
            using (value.Lock.Hold())
            {
                value.Value++;
            }
        }

        return "ok";
    }

    private static string Arm(string point)
    {
        CrashPoint.Arm(point);
        return "ok";
    }

    // Attaches, looks whether every byte is the stamp, and holds the block until fifty others have come.
    private static unsafe string Check(string reference, byte stamp)
    {
        SharedBlock block = ReadBlock(Convert.FromBase64String(reference));
        int wrong = new ReadOnlySpan<byte>(block.Pointer, (int)block.Size).IndexOfAnyExcept(stamp);
        s_checked.Enqueue(block);
        if (s_checked.Count > 50)
        {
            s_checked.Dequeue().Dispose();
        }

        return wrong < 0 ? "ok" : $"byte {wrong} is not {stamp}";
    }

    private static int CountMappingsOf(int blocks, nuint size)
    {
        SharedBlock[] all = [.. Enumerable.Range(0, blocks).Select(_ => SharedBlock.Allocate(size))];
        int mappings = File.ReadLines("/proc/self/maps").Count(line => line.Contains("memfd:ipcdemos", StringComparison.Ordinal));
        Array.ForEach(all, block => block.Dispose());
        return mappings;
    }

    private static string Addresses(int blocks, nuint size)
    {
        SharedBlock[] all = [.. Enumerable.Range(0, blocks).Select(_ => SharedBlock.Allocate(size))];
        string addresses = string.Join(' ', all.Select(AddressOf));
        Array.ForEach(all, block => block.Dispose());
        return addresses;
    }

    private static unsafe long AddressOf(SharedBlock block) => (long)block.Pointer;

    private static string Exit(int code)
    {
        Environment.Exit(code);
        return "";
    }

    private static unsafe ref byte Byte(string name, string offset) =>
        ref ((SharedBlock)s_objects[name]).Pointer[int.Parse(offset, CultureInfo.InvariantCulture)];

    private static SharedBlock ReadBlock(byte[] reference)
    {
        var reader = new MessagePackReader(reference);
        return SharedBlock.Read(ref reader);
    }

    private static byte[] WriteBlock(SharedBlock block)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        block.Write(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
