using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IpcDemos.Coordinator.Tests.Scenarios;

public sealed class AsyncHttpScenarioTests
{
    private static readonly string[] s_subreddits = ["python", "programming", "compsci"];

    [Fact(Timeout = 120_000)]
    public async Task Each_subreddit_gives_five_stories_and_is_done()
    {
        IReadOnlyList<string> texts = await ScenarioRun.LinesAsync("async-http");

        Assert.Equal(18, texts.Count);
        Assert.Equal(s_subreddits.Order(), texts.Where(IsDone).Select(text => text["DONE: ".Length..]).Order());
        Assert.All(texts.Where(text => !IsDone(text)), text => Assert.Matches(@"^\d+: .+ \(https://\S+\)$", text));
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_server_is_asked_for_the_same_pages_at_the_same_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, port: 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Task<ProgramResult> running = ScenarioRun.RunAsync("async-http", "--base-url", $"http://127.0.0.1:{port}/mirror");

        // Nobody is answered before all three have asked: requests one after the other would never get this far.
        TcpClient[] clients = [await AcceptAsync(), await AcceptAsync(), await AcceptAsync()];
        var targets = new List<string>();
        foreach (TcpClient client in clients)
        {
            using (client)
            {
                targets.Add(await AnswerAsync(client.GetStream(), "A title with \\u001b[31mcolour"));
            }
        }

        ProgramResult result = await running;
        Assert.Equal(
            s_subreddits.Select(name => $"GET /mirror/r/{name}/top.json?sort=top&t=day&limit=5 HTTP/1.1").Order(), targets.Order());
        Assert.Equal(3, result.Texts().Count(text => text == "7: A title with \u001b[31mcolour (http://example.org)"));
        Assert.Equal(0, result.Records()[^1].GetProperty("workers").GetArrayLength());

        async Task<TcpClient> AcceptAsync() => await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_that_is_not_there_fails_the_scenario_and_says_why()
    {
        using var reserved = new TcpListener(IPAddress.Loopback, port: 0);
        reserved.Start();
        int port = ((IPEndPoint)reserved.LocalEndpoint).Port;
        reserved.Stop();
        ProgramResult result = await CoordinatorProgram.RunAsync(
            "--scenario", "async-http", "--json", "--base-url", $"http://127.0.0.1:{port}");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("HttpRequestException", result.Error, StringComparison.Ordinal);
        Assert.False(result.Records()[^1].GetProperty("ok").GetBoolean());
    }

    private static bool IsDone(string text) => text.StartsWith("DONE: ", StringComparison.Ordinal);

    private static async Task<string> AnswerAsync(NetworkStream stream, string title)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string request = (await reader.ReadLineAsync(TestContext.Current.CancellationToken))!;
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 })
        {
            // The header's end is what counts.
        }

        string body = """{"data":{"children":[{"data":{"score":7,"title":"TITLE","url":"http://example.org"}}]}}""".Replace("TITLE", title, StringComparison.Ordinal);
        string answer = $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        return request;
    }
}
