using IpcDemos.Bench;
using IpcDemos.Bench.Rows;

// The row about starting processes starts this program as an empty one.
if (args is [EmptyProgram.Argument])
{
    return 0;
}

#if DEBUG
Console.Error.WriteLine("This is a debug build, whose figures mean nothing. Run it with: dotnet run -c Release --project bench");
#endif
return await BenchCommand.RunAsync(args);
