using IpcDemos.Shared.Managers;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>An object of the program's own type.</summary>
internal static class Accounts
{
    public static async Task<int> RunAsync()
    {
        using Manager manager = Manager.Start(new ManagerOptions
        {
            Types = types => types.Register<int, IAccount>(balance => new Account(balance)),
        });
        using SharedObject<IAccount> account = manager.CreateObject<IAccount>(100);
        await account.Proxy.PayAsync(30);      // runs in the server; what it throws arrives with its remote stack
        return account.Proxy.Balance;
    }
}
