using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Processes;

namespace IpcDemos.TestWorker.Commands;

/// <summary>Holds a tree of running workers: two daemons, two others, and below each of these one more. Says when they all run.</summary>
public static class HoldWorkers
{
    public static int Run(string[] args)
    {
        var connections = new List<Connection>();
        for (int index = 0; index < 4; index++)
        {
            var (here, there) = Pipe.Create(duplex: true, index % 2 == 0 ? PipeTransport.Anonymous : PipeTransport.Named);
            connections.Add(here);
            new WorkerProcess(Hold, there, index < 2 ? 0 : 1) { IsDaemon = index % 2 == 0 }.Start();
        }

        connections.ForEach(connection => _ = connection.Receive<bool>());
        Console.WriteLine("running");
        while (Console.ReadLine() is not null)
        {
            // A line is a question whether the first worker still answers.
            connections[0].Send("alive?");
            Console.WriteLine(connections[0].Receive<string>());
        }

        return 0;
    }

    private static void Hold(Connection connection, int depth)
    {
        if (depth > 0)
        {
            var (here, there) = Pipe.Create();
            WorkerProcess.Create(Hold, there, depth - 1).Start();
            _ = here.Receive<bool>();
        }

        connection.Send(true);
        while (true)
        {
            _ = connection.Receive<string>();
            connection.Send("alive");
        }
    }
}
