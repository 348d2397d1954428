namespace IpcDemos.Shared.Platform;

/// <summary>Stands for a handle that a process has offered to another one.</summary>
/// <param name="Address">Where the giver listens.</param>
/// <param name="Secret">Which of its offers is meant: 122 random bits.</param>
internal readonly record struct HandleTicket(string Address, Guid Secret);
