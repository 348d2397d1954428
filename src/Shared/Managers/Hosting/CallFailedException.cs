namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A call that an object of the server refuses, on its way to the client, who gets the exception of its kind.</summary>
internal sealed class CallFailedException(FailureCode code, string message) : Exception(message)
{
    public FailureCode Code { get; } = code;
}
