namespace IpcDemos.Bench;

/// <summary>What was asked for cannot be done; the message is all that the user needs.</summary>
internal sealed class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);
