using IpcDemos.Coordinator;

// First of all, so that Ctrl+C is heard from the beginning.
using var interruption = new Interruption();
int exitCode = await CommandLine.RunAsync(args, interruption.Token);
return interruption.ExitCode ?? exitCode;
