using System.Security.Authentication;
using IpcDemos.Shared.Managers.Hosting;
using IpcDemos.Shared.Platform;
using MessagePack;

namespace IpcDemos.Shared.Managers;

// References on their way between processes. The sender offers a ticket, which holds the object; the message brings it to the
// receiver, which takes it up and has a reference of its own then. Both talk to the server over connections of their own, which
// it reads independently, so what the sender says last may be carried out before what the receiver said first. Hence:
//
// - The sender lets go of its proxy, or ends, before the ticket is taken up: the ticket holds the object.
// - The ticket is taken up before the server comes to the offer: the sender's own reference holds the object until then, since
//   the sender gives it back, or ends, after the offer on the same connection; and the offer is void.
// - The sender revokes the ticket, because the worker that the message was for has ended or the task has returned, and lets go of
//   its proxy; but the receiver keeps the proxy that it got. So it must have its reference before it can answer, return or
//   end: taking up is a call, and the message has not been read before that is answered. The answer of a receiver that had only
//   said so could overtake it, and its proxy would be found disposed of.
// - The receiver drops the proxy, or ends, at once: what it only said might be lost with its connection, and the ticket would
//   hold the object for its whole lifetime. What has been taken up ends with the connection.
//
// - The receiver is a pool's worker that dies in the midst of its task, and the next one is given the same message: the ticket is used
//   up, and went with the worker. Therefore a call of a pool holds the sender's reference until the task has its outcome.
//
// Who waits is the thread that reads the message. That is never one that is reading this client's answers just then, since an answer is
// turned into an object by who asked for it, when its turn of reading is over; so the answer to take_up finds a reader.
internal sealed partial class ManagerClient
{
    private int _offers;

    /// <summary>Whether the server has refused one, so that none goes on trust until one is accepted.</summary>
    private volatile bool _isFull;

    /// <summary>
    /// A reference goes into a message: returns the ticket that keeps the object until the receiver takes it up. The server is
    /// told before the message can leave, so that it knows even if this process ends with its next step.
    /// </summary>
    /// <param name="reference">This process's reference, which it has until the offer has been made.</param>
    /// <exception cref="MessagePackSerializationException">More are on their way already than the server keeps.</exception>
    public ulong Offer(SharedReference reference)
    {
        ulong number = reference.Number;
        ulong ticket = ObjectTable.NewNumber();
        if ((uint)Interlocked.Increment(ref _offers) % ManagerProtocol.OffersOnTrust == 0 || _isFull)
        {
            OfferAndAsk(number, ticket);
        }
        else
        {
            Post(ManagerProtocol.Server, "offer", Departure.Flushed, number, ticket);
        }

        HandleTransfer.AddOffer(() => Revoke(ticket), isUsedUp: false, reference);
        return ticket;
    }

    /// <summary>
    /// A reference has come in a message of another process, and its ticket keeps the object alive until now. Blocks for the
    /// server's answer; if that is gone or does not answer, who uses the proxy will be told: that it came in a message is no fault
    /// of the message.
    /// </summary>
    public void TakeUp(ulong number, ulong ticket)
    {
        try
        {
            Open();
            Ask("take_up", number, ticket);
        }
        catch (Exception error) when (IsNoAnswer(error))
        {
            // A server that was stopped for so long carries out nothing of the sender's either. When it goes on it finds
            // the call, and what its answer brings is already here.
        }
    }

    /// <summary>Offers, and learns whether the server keeps as many. Every so many times that is enough, as it lets some more pass.</summary>
    private void OfferAndAsk(ulong number, ulong ticket)
    {
        try
        {
            Ask("offer", number, ticket);
            _isFull = false;
        }
        catch (Exception error) when (IsNoAnswer(error))
        {
            // As with those that are not asked about.
        }
        catch (InvalidOperationException error)
        {
            _isFull = true;
            throw new MessagePackSerializationException(error.Message, error);
        }
    }

    /// <summary>
    /// The message has not arrived, or what it was for is over. That may be found out when nothing here uses the server any more,
    /// and its connection is closed, or is just being closed: then the ticket is worth another connection.
    /// </summary>
    private void Revoke(ulong ticket) => ThreadPool.UnsafeQueueUserWorkItem(
        static state =>
        {
            ManagerClient client = For(state.Address, state.Key);
            try
            {
                client.Open();
                client.Post(ManagerProtocol.Server, "revoke", Departure.Flushed, state.Ticket);
            }
            catch (Exception)
            {
                // The server has ended, and its tickets with it; or it cannot be reached, and the ticket ends with its time.
                // Nobody is there to be told.
            }
            finally
            {
                client.Leave();
            }
        },
        (Address, Key, Ticket: ticket),
        preferLocal: false);

    private void Ask(string command, ulong number, ulong ticket) => Begin(
        ManagerProtocol.Server,
        command,
        2,
        (Number: number, Ticket: ticket),
        static (ref MessagePackWriter writer, (ulong Number, ulong Ticket) state) =>
        {
            writer.Write(state.Number);
            writer.Write(state.Ticket);
        },
        isAwaited: false).Within(TimeSpan.Zero).Wait();

    /// <summary>Whether the server is gone, does not answer, or has no such object: who uses the proxy is told so then.</summary>
    private static bool IsNoAnswer(Exception error) =>
        error is ManagerDisconnectedException or AuthenticationException or TimeoutException or ObjectDisposedException;
}
