using MessagePack;

namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Writes the last part of a message.</summary>
internal delegate void WriteBody<in TState>(ref MessagePackWriter writer, TState state);
