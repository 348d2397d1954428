using System.Globalization;
using IpcDemos.Coordinator.Running;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Coordinator.Scenarios;

/// <summary>Lambdas are evaluated here, and travel to worker processes with what they capture.</summary>
internal sealed class LambdaScenario : IScenario
{
    public string Name => "lambda";

    public string Summary => "lambdas are evaluated here and in worker processes, with the same results";

    public async Task RunAsync(ScenarioContext context)
    {
        Func<int, int> identity = x => x;
        Func<int, int> addOne = x => x + 1;
        Func<string, string, string> fullName = (first, last) => $"{TitleCase(first)} {TitleCase(last)}";
        Func<int> invokedAtOnce = () => ((Func<int, int, int>)((x, y) => x + y))(2, 3);
        Func<int, Func<int, int>, int> higherOrder = (x, function) => x + function(x);
        Func<int, int> square = x => x * x;
        int three = 3;
        Func<int, int> addCaptured = x => x + three;

        Evaluation[] evaluations =
        [
            new(context, "identity(3) = ", identity, 3),
            new(context, "add_one(2) = ", addOne, 2),
            new(context, "Full name: ", fullName, "guido", "van rossum"),
            new(context, "", invokedAtOnce),
            new(context, "", higherOrder, 2, square),
            new(context, "", higherOrder, 2, addCaptured),
        ];
        foreach (Evaluation evaluation in evaluations)
        {
            await evaluation.CompareAsync();
        }

        await context.JoinAsync(evaluations.Select(evaluation => evaluation.Worker));
        context.CheckLines(
            context.OwnLines, "identity(3) = 3", "add_one(2) = 3", "Full name: Guido Van Rossum", "5", "6", "7");
    }

    private static string TitleCase(string name) => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name);

    /// <summary>One lambda with its arguments, on its way in a worker process from the beginning.</summary>
    private sealed class Evaluation
    {
        private readonly ScenarioContext _context;
        private readonly string _label;
        private readonly Delegate _lambda;
        private readonly object?[] _arguments;

        public Evaluation(ScenarioContext context, string label, Delegate lambda, params object?[] arguments)
        {
            (_context, _label, _lambda, _arguments) = (context, label, lambda, arguments);
            Worker = context.CreateWorker(lambda, arguments);
            Worker.Start();
        }

        public WorkerProcess Worker { get; }

        public async Task CompareAsync()
        {
            object? here = _lambda.DynamicInvoke(_arguments);
            object? there = here is int
                ? await Worker.ResultAsync<int>(_context.CancellationToken)
                : await Worker.ResultAsync<string>(_context.CancellationToken);
            _context.Print($"{_label}{here}");
            _context.Check(Equals(here, there), $"{_label}{here} here was {there} in {Worker.Name}.");
        }
    }
}
