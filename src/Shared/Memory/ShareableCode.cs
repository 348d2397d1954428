namespace IpcDemos.Shared.Memory;

/// <summary>What an item of a <see cref="ShareableList"/> is, beside its format.</summary>
internal enum ShareableCode : byte
{
    Number = 0,
    Text = 1,
    Bytes = 2,
    None = 3,
}
