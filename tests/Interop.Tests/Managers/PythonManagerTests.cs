using CliWrap;
using CliWrap.Buffered;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;

namespace IpcDemos.Interop.Tests.Managers;

/// <summary>A Python program, which has the standard library and msgpack, uses a manager of ours.</summary>
public sealed class PythonManagerTests
{
    [Fact(Timeout = 60_000)]
    public async Task Python_works_on_a_list_and_a_namespace_and_its_references_end_with_it()
    {
        PythonPeer.WithMessagePack.SkipIfMissing();
        AuthenticationKey key = AuthenticationKey.FromText("shared with Python");
        using Manager manager = Manager.Start(new ManagerOptions
        {
            Address = ConnectionAddress.Tcp("127.0.0.1"),
            Key = key,
            AllowLegacyDigest = true,
        });
        using SharedList<object?> list = manager.CreateList<object?>([1, 2, 3]);
        using SharedNamespace space = manager.CreateNamespace(new Dictionary<string, object?> { ["x"] = 1 });
        manager.Publish("numbers", list);
        manager.Publish("space", space);

        BufferedCommandResult result = await PythonPeer.WithMessagePack
            .Command("manager.py", manager.Address.ToString(), "shared with Python", "numbers", "space")
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, result.StandardError);
        Assert.Contains("refused: The list has 7 elements; there is none at 99.", result.StandardOutput, StringComparison.Ordinal);
        Assert.EndsWith("done", result.StandardOutput.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(7, list.Count);
        using SharedList<int> numbers = manager.OpenList<int>("numbers");
        Assert.Equal([11, 2, 3, 4, 5], numbers.GetRange(0, 5));
        Assert.Equal("Namespace(greeting = 'hello from Python', x = 6)", space.ToString());
        while (manager.Inspect().Clients.Count > 1)
        {
            await Task.Yield();
        }
    }
}
