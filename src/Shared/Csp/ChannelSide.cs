namespace IpcDemos.Shared.Csp;

/// <summary>A side of a channel.</summary>
internal enum ChannelSide
{
    Reader = 1,
    Writer = 2,
}
