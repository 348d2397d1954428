using IpcDemos.Shared.Channels;

namespace IpcDemos.Shared.Tests.Channels;

public sealed class AnonymousPipeMovingTests() : ConnectionMovingContract(PipeTransport.Anonymous);
