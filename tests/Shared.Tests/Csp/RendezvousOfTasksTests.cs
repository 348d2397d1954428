namespace IpcDemos.Shared.Tests.Csp;

public sealed class RendezvousOfTasksTests() : ChannelContract(capacity: 0, tasks: true);
