namespace IpcDemos.Shared.Tests.Csp;

public sealed class RendezvousOfWorkersTests() : ChannelContract(capacity: 0, tasks: false);
