using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class NamedPipeMovingTests() : ConnectionMovingContract(PipeTransport.Named);
