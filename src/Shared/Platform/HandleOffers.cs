using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>Offers wait in a table; a background listener gives each to the first peer that presents its secret.</summary>
internal static class HandleOffers
{
    private const int SecretLength = 16;
    private static readonly ConcurrentDictionary<Guid, SafeHandle> s_offers = new();
    private static readonly Lazy<string> s_address = new(Listen);

    public static HandleTicket Offer(SafeHandle handle)
    {
        var ticket = new HandleTicket(s_address.Value, Guid.NewGuid());
        s_offers[ticket.Secret] = handle;
        return ticket;
    }

    public static void Revoke(HandleTicket ticket)
    {
        if (s_offers.TryRemove(ticket.Secret, out SafeHandle? handle))
        {
            handle.Dispose();
        }
    }

    public static nint Redeem(HandleTicket ticket)
    {
        if (s_address.IsValueCreated && ticket.Address == s_address.Value)
        {
            return RedeemOwn(ticket);
        }

        Stream giver;
        try
        {
            giver = PrivateListener.Connect(ticket.Address);
        }
        catch (IOException error)
        {
            throw new IOException(
                "What was sent cannot be received any more: the process that sent it has ended. "
                + "A process that sends a connection must live until the receiver has taken it.",
                error);
        }

        using (giver)
        {
            giver.Write(ticket.Secret.ToByteArray());
            return (OperatingSystem.IsWindows() ? WindowsHandleTransfer.Take(giver) : UnixHandleTransfer.Take(giver)) ?? throw Taken();
        }
    }

    // A ticket that comes back to the process that offered it needs no detour through the kernel.
    private static nint RedeemOwn(HandleTicket ticket)
    {
        if (!s_offers.TryRemove(ticket.Secret, out SafeHandle? handle))
        {
            throw Taken();
        }

        nint value = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return value;
    }

    private static IOException Taken() =>
        new("What was sent has been received by another process already, or was taken back by its sender.");

    private static string Listen()
    {
        var listener = PrivateListener.Create();
        _ = Task.Run(() => GiveForEverAsync(listener));
        return listener.Address;
    }

    private static async Task GiveForEverAsync(PrivateListener listener)
    {
        while (true)
        {
            try
            {
                Stream peer = await listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
                _ = GiveAsync(peer);
            }
            catch (SocketException)
            {
                // No descriptor is free just now. Whoever wants to collect something waits in the queue until one is.
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
            }
        }
    }

    // One peer that says nothing holds up nobody: each is served on its own, and given up after a while.
    private static async Task GiveAsync(Stream peer)
    {
        await using (peer.ConfigureAwait(false))
        {
            byte[] secret = new byte[SecretLength];
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await peer.ReadExactlyAsync(secret, patience.Token).ConfigureAwait(false);
                if (s_offers.TryRemove(new Guid(secret), out SafeHandle? handle))
                {
                    using (handle)
                    {
                        Give(peer, handle);
                        if (OperatingSystem.IsMacOS())
                        {
                            // macOS can lose a descriptor on its way that nobody else has open. Who has received it closes the connection.
                            await peer.CopyToAsync(Stream.Null, patience.Token).ConfigureAwait(false);
                        }
                    }
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The receiver is gone, or never said what it wants. What it was given is closed with it.
            }
        }
    }

    private static void Give(Stream peer, SafeHandle handle)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsHandleTransfer.Give(peer, handle);
        }
        else
        {
            UnixHandleTransfer.Give(peer, handle);
        }
    }
}
