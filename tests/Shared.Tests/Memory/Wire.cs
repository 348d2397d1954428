using IpcDemos.Shared.Serialization;

namespace IpcDemos.Shared.Tests.Memory;

/// <summary>Messages as text, for the lines that peers are told.</summary>
internal static class Wire
{
    public static string Send<T>(T value) => Convert.ToBase64String(MessageSerializer.Serialize(value));

    public static T Receive<T>(string message) => MessageSerializer.Deserialize<T>(Convert.FromBase64String(message));

    public static string SendToForeign<T>(T value) => Convert.ToBase64String(MessageSerializer.Serialize(value, MessageOrigin.Foreign));

    public static T ReceiveFromForeign<T>(string message) =>
        MessageSerializer.Deserialize<T>(Convert.FromBase64String(message), MessageOrigin.Foreign);
}
