using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers.Hosting;

namespace IpcDemos.Shared.Tests.Managers;

public sealed class OutboxTests
{
    [Fact(Timeout = 60_000)]
    public async Task Nothing_waits_for_what_a_client_that_is_gone_will_not_read()
    {
        var (here, there) = Pipe.Create();
        using (here)
        {
            there.Dispose();
            var failed = new TaskCompletionSource<Exception>();
            var outbox = new Outbox(here, limit: 1_000, failed.SetResult);

            outbox.Post([1, 2, 3]);

            Assert.IsAssignableFrom<IOException>(await failed.Task);
            await outbox.WhenDrained();
        }
    }
}
