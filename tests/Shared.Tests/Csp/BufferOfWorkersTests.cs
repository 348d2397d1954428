namespace IpcDemos.Shared.Tests.Csp;

public sealed class BufferOfWorkersTests() : ChannelContract(capacity: 3, tasks: false);
