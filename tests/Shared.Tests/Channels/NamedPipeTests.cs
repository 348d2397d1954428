using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class NamedPipeTests() : ConnectionContract(PipeTransport.Named);
