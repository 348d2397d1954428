using IpcDemos.Coordinator.Running;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>A thread type of one's own: it knows its name and its pace, and what to do when it runs.</summary>
internal sealed class ThreadClassScenario : IScenario
{
    public string Name => "thread-class";

    public string Summary => "a thread type of one's own, with a name and a delay, counts down from 5";

    public Task RunAsync(ScenarioContext context)
    {
        var thread = new CountdownThread("A", delay: 0.5, context);
        thread.Start();
        thread.Join();
        context.CancellationToken.ThrowIfCancellationRequested();

        context.CheckLines(
            context.Lines,
            "Starting thread A.",
            "Thread A counting down: 5...",
            "Thread A counting down: 4...",
            "Thread A counting down: 3...",
            "Thread A counting down: 2...",
            "Thread A counting down: 1...",
            "Finished thread A.");
        return Task.CompletedTask;
    }

    // Thread is sealed: where Python derives from its thread type, a type here has one.
    private sealed class CountdownThread
    {
        private readonly string _name;
        private readonly double _delay;
        private readonly ScenarioContext _context;
        private readonly Thread _thread;

        public CountdownThread(string name, double delay, ScenarioContext context)
        {
            _name = name;
            _delay = delay;
            _context = context;
            _thread = new Thread(Run) { Name = name };
        }

        public void Start() => _thread.Start();

        public void Join() => _thread.Join();

        private void Run()
        {
            _context.Print($"Starting thread {_name}.");
            for (int counter = 5; counter > 0 && _context.Pause(_delay); counter--)
            {
                _context.Print($"Thread {_name} counting down: {counter}...");
            }

            _context.Print($"Finished thread {_name}.");
        }
    }
}
