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
    private static bool s_holding;

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
    /// <param name="reference">What it refers to, if another one can read the message as long as this process has a reference.</param>
    public static void AddOffer(Action revoke, bool isUsedUp = true, SafeHandle? reference = null)
    {
        if (s_collecting)
        {
            (s_offered ??= []).Add(new Offer(s_holding && reference is not null ? Hold(reference, revoke) : revoke, isUsedUp));
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
    /// <param name="holds">
    /// Whether what is referred to is held until the offer is revoked, whatever becomes of the reference meanwhile: the message may be read
    /// by one after the other. Somebody must revoke it then, also if it was received.
    /// </param>
    public static OfferScope BeginOffers(bool holds = false)
    {
        var scope = new OfferScope(s_collecting, s_holding, s_offered);
        (s_collecting, s_holding, s_offered) = (true, holds, null);
        return scope;
    }

    /// <summary>The message is on its way, or will be: what this thread offered for it stays so. Returns it.</summary>
    public static IReadOnlyList<Offer> KeepOffers()
    {
        List<Offer>? kept = s_offered;
        s_offered = null;
        return kept ?? [];
    }

    private static Action Hold(SafeHandle reference, Action revoke)
    {
        bool isHeld = false;
        reference.DangerousAddRef(ref isHeld);
        return () =>
        {
            // Once: what stands for an offer may be revoked by more than one who finds that it is over.
            if (Interlocked.Exchange(ref isHeld, false))
            {
                revoke();
                reference.DangerousRelease();
            }
        };
    }

    /// <summary>Offers that stand or fall together. Costs nothing while a message carries no handles.</summary>
    public readonly ref struct OfferScope(bool outerCollecting, bool outerHolding, List<Offer>? outerOffered)
    {
        /// <summary>Revokes what was offered and not kept.</summary>
        public void Dispose()
        {
            Revoke(KeepOffers());
            (s_collecting, s_holding, s_offered) = (outerCollecting, outerHolding, outerOffered);
        }
    }
}
