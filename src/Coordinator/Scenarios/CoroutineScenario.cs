using IpcDemos.Coordinator.Running;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A method that stops in the middle, is sent a value, goes on, and is closed where it stands.</summary>
internal sealed class CoroutineScenario : IScenario
{
    public string Name => "coroutine";

    public string Summary => "a coroutine is sent names, prints those with the prefix, and is closed";

    public Task RunAsync(ScenarioContext context)
    {
        var inbox = new Inbox();
        using (IEnumerator<Inbox> coroutine = PrintNames("Dear", inbox, context))
        {
            // The first step runs to the first yield: only from then on can something be sent.
            coroutine.MoveNext();
            Send("James");
            Send("Dear James");

            void Send(string name)
            {
                inbox.Name = name;
                coroutine.MoveNext();
            }
        }

        context.CheckLines(context.Lines, "Searching prefix:Dear", "Dear James", "Closing coroutine!!");
        return Task.CompletedTask;
    }

    // An iterator hands values out; what goes in has to lie somewhere that both sides know.
    private static IEnumerator<Inbox> PrintNames(string prefix, Inbox inbox, ScenarioContext context)
    {
        context.Print($"Searching prefix:{prefix}");
        try
        {
            while (true)
            {
                yield return inbox;
                if (inbox.Name.Contains(prefix, StringComparison.Ordinal))
                {
                    context.Print(inbox.Name);
                }
            }
        }
        finally
        {
            // Disposing the iterator runs this, wherever it stands: what Python raises GeneratorExit for.
            context.Print("Closing coroutine!!");
        }
    }

    private sealed class Inbox
    {
        public string Name { get; set; } = "";
    }
}
