namespace IpcDemos.Shared.Memory;

/// <summary>
/// Stands for a reference that was written and not yet read: a word in the segment that the first reader sets back to 0. Until then
/// the writer keeps the block.
/// </summary>
/// <param name="Index">Which word; -1 if all were in use, and then the block is kept until the writer's process ends.</param>
/// <param name="Word">The writer's holder number plus 1 in the upper 16 bits, and a number that it uses once.</param>
internal readonly record struct Ticket(int Index, ulong Word)
{
    public static Ticket None { get; } = new(-1, 0);
}
