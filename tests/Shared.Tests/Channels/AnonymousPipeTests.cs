using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class AnonymousPipeTests() : ConnectionContract(PipeTransport.Anonymous);
