using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Hands an operating-system handle (a pipe end, a socket) to another process of the same user: the giver offers it and gets
/// a ticket, the ticket travels as data, and whoever presents it receives the handle, once.
/// </summary>
/// <remarks>
/// Nothing is ever made inheritable, so that no process that somebody else starts at the wrong moment can hold on to a pipe
/// end and keep its end-of-file from arriving. Unix passes descriptors over a socket (SCM_RIGHTS), Windows duplicates them.
/// The giver must live until the ticket is redeemed.
/// </remarks>
internal static class HandleTransfer
{
    [ThreadStatic]
    private static bool s_collecting;

    [ThreadStatic]
    private static List<Offer>? s_offered;

    /// <summary>Takes over <paramref name="handle"/> and returns the ticket that another process redeems it with.</summary>
    public static HandleTicket Offer(SafeHandle handle)
    {
        HandleTicket ticket = HandleOffers.Offer(handle);
        AddOffer(() => HandleOffers.Revoke(ticket));
        return ticket;
    }

    /// <summary>Remembers, if anybody wants it, how something else that travels in a message is taken back.</summary>
    /// <param name="revoke">Takes it back.</param>
    /// <param name="isUsedUp">Whether only the first who reads the message can take it.</param>
    public static void AddOffer(Action revoke, bool isUsedUp = true)
    {
        if (s_collecting)
        {
            (s_offered ??= []).Add(new Offer(revoke, isUsedUp));
        }
    }

    /// <summary>Receives the handle a ticket stands for. The ticket is used up, whatever the outcome.</summary>
    /// <exception cref="IOException">The process that offered it has ended, or the ticket was redeemed or revoked before.</exception>
    public static nint Redeem(HandleTicket ticket) => HandleOffers.Redeem(ticket);

    /// <summary>Takes back what was offered if nobody has received it yet: the message it was to travel in never arrived.</summary>
    public static void Revoke(IReadOnlyList<Offer> offers)
    {
        foreach (Offer offer in offers)
        {
            offer.Revoke();
        }
    }

    /// <summary>From here until it is disposed, what this thread offers is remembered, to be revoked if its message fails.</summary>
    public static OfferScope BeginOffers()
    {
        var scope = new OfferScope(s_collecting, s_offered);
        (s_collecting, s_offered) = (true, null);
        return scope;
    }

    /// <summary>The message is on its way, or will be: what this thread offered for it stays so. Returns it.</summary>
    public static IReadOnlyList<Offer> KeepOffers()
    {
        List<Offer>? kept = s_offered;
        s_offered = null;
        return kept ?? [];
    }

    /// <summary>Offers that stand or fall together. Costs nothing while a message carries no handles.</summary>
    public readonly ref struct OfferScope(bool outerCollecting, List<Offer>? outerOffered)
    {
        /// <summary>Revokes what was offered and not kept.</summary>
        public void Dispose()
        {
            Revoke(KeepOffers());
            (s_collecting, s_offered) = (outerCollecting, outerOffered);
        }
    }
}
