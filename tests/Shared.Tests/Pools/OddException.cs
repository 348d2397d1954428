namespace IpcDemos.Shared.Tests.Pools;

/// <summary>Nobody could construct it again from its message.</summary>
internal sealed class OddException(int first, string second) : Exception($"{first} and {second}");
