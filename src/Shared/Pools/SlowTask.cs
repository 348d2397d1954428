namespace IpcDemos.Shared.Pools;

/// <summary>A task that took long.</summary>
/// <param name="Task">What was called, such as <c>Program.Double</c>.</param>
/// <param name="Arguments">
/// Its arguments in words, such as <c>21, "hello"</c>, of long ones the beginning; empty if it had none, or more than a few kilobytes.
/// </param>
/// <param name="Worker">The name of the worker that ran it.</param>
/// <param name="Time">How long it ran.</param>
public sealed record SlowTask(string Task, string Arguments, string Worker, TimeSpan Time);
