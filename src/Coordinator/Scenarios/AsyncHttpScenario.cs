using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Three requests over HTTP at once, to a server in a worker process or to one anywhere.</summary>
internal sealed class AsyncHttpScenario : IScenario
{
    private const int Limit = 5;

    private static readonly string[] s_subreddits = ["python", "programming", "compsci"];

    public string Name => "async-http";

    public string Summary => "three concurrent HTTP requests for the top stories of a day, answered by a server in a worker process";

    public async Task RunAsync(ScenarioContext context)
    {
        if (context.Options.BaseUrl is { } elsewhere)
        {
            await RequestAllAsync(context, elsewhere);
            context.CheckLinesInAnyOrder(
                context.Lines.Where(line => line.StartsWith("DONE: ", StringComparison.Ordinal)),
                s_subreddits.Select(subreddit => $"DONE: {subreddit}"));
            return;
        }

        (Connection here, Connection there) = Pipe.Create();
        WorkerProcess server = context.CreateWorker(ServeAsync, there);
        server.Start();
        using (here)
        {
            int port = await here.ReceiveAsync<int>(context.CancellationToken);
            await RequestAllAsync(context, new Uri($"http://127.0.0.1:{port}"));
        }

        await context.JoinAsync(server);
        context.CheckLinesInAnyOrder(
            context.OwnLines,
            from subreddit in s_subreddits
            from line in Stories(subreddit).Select(Describe).Append($"DONE: {subreddit}")
            select line);
    }

    private static async Task RequestAllAsync(ScenarioContext context, Uri baseUrl)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("IpcDemos/1.0");
        Task<(string Subreddit, Story[] Stories)>[] requests = [.. s_subreddits.Select(RequestAsync)];

        // Whoever is answered first is printed first, one whole after the other.
        await foreach (Task<(string Subreddit, Story[] Stories)> answered in Task.WhenEach(requests))
        {
            (string subreddit, Story[] stories) = await answered;
            Array.ForEach(stories, story => context.Print(Describe(story)));
            context.Print($"DONE: {subreddit}");
        }

        async Task<(string Subreddit, Story[] Stories)> RequestAsync(string subreddit)
        {
            var url = new Uri($"{baseUrl.AbsoluteUri.TrimEnd('/')}/r/{subreddit}/top.json?sort=top&t=day&limit={Limit}");
            await using Stream body = await client.GetStreamAsync(url, context.CancellationToken);
            using JsonDocument page = await JsonDocument.ParseAsync(body, cancellationToken: context.CancellationToken);
            return (subreddit, ReadPage(page.RootElement));
        }
    }

    private static string Describe(Story story) => string.Create(CultureInfo.InvariantCulture, $"{story.Score}: {story.Title} ({story.Link})");

    private static Story[] ReadPage(JsonElement page) =>
    [
        .. from child in page.GetProperty("data").GetProperty("children").EnumerateArray()
           let story = child.GetProperty("data")
           select new Story(
               story.GetProperty("score").GetInt64(), story.GetProperty("title").GetString()!, story.GetProperty("url").GetString()!),
    ];

    private static string WritePage(IEnumerable<Story> stories) => JsonSerializer.Serialize(new
    {
        kind = "Listing",
        data = new { children = stories.Select(story => new { kind = "t3", data = new { score = story.Score, title = story.Title, url = story.Link } }) },
    });

    private static IEnumerable<Story> Stories(string subreddit) => Enumerable.Range(1, Limit).Select(place =>
        new Story(1000 / place, $"The day's number {place} in {subreddit}", $"https://example.org/{subreddit}/{place}"));

    /// <summary>The server: answers until the coordinator closes its end of the connection.</summary>
    private static async Task ServeAsync(Connection coordinator)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port: 0);
        listener.Start();
        await coordinator.SendAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        using var stop = new CancellationTokenSource();
        Task serving = AcceptAllAsync(listener, stop.Token);
        await coordinator.WaitReadyAsync();
        await stop.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task AcceptAllAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        var answers = new List<Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            answers.Add(AnswerAsync(await listener.AcceptTcpClientAsync(cancellationToken), cancellationToken));
        }

        await Task.WhenAll(answers);
    }

    private static async Task AnswerAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            string? request = await reader.ReadLineAsync(cancellationToken);
            while (await reader.ReadLineAsync(cancellationToken) is { Length: > 0 })
            {
                // The rest of the header does not matter to the answer.
            }

            // GET /r/python/top.json?sort=top&t=day&limit=5 HTTP/1.1
            string[] path = request?.Split(' ') is ["GET", var target, _] ? target.Split('?')[0].Split('/') : [];
            (string status, string body) = path is ["", "r", var subreddit, "top.json"]
                ? ("200 OK", WritePage(Stories(subreddit)))
                : ("404 Not Found", "{}");
            byte[] content = Encoding.UTF8.GetBytes(body);
            string header =
                $"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n";
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(header), cancellationToken);
            await client.GetStream().WriteAsync(content, cancellationToken);
        }
    }

    private sealed record Story(long Score, string Title, string Link);
}
