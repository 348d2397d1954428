using System.Security.Cryptography.X509Certificates;
using IpcDemos.Shared.Channels;
using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>A list that other programs write into, encrypted.</summary>
internal static class GuestBook
{
    public static async Task<IReadOnlyList<string>> RunAsync(AuthenticationKey key, X509Certificate2 certificate, Func<string, Task> invite)
    {
        using Manager manager = Manager.Start(new ManagerOptions
        {
            Address = ConnectionAddress.Tls("127.0.0.1"), // with a port, and a host that others can reach, in earnest
            Key = key,
            Certificate = certificate,
        });
        using SharedList<string> guests = manager.CreateList<string>();
        manager.Publish("guests", guests);
        await invite(manager.Address.ToString());      // tls://127.0.0.1:40123#fingerprint
        return guests.ToList();
    }
}
