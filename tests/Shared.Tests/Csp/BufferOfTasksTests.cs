namespace IpcDemos.Shared.Tests.Csp;

public sealed class BufferOfTasksTests() : ChannelContract(capacity: 3, tasks: true);
