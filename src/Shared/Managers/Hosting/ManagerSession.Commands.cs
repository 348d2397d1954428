namespace IpcDemos.Shared.Managers.Hosting;

// What the server itself can be asked for.
internal sealed partial class ManagerSession
{
    private void Invoke(scoped ReadOnlySpan<char> command, ref CallFrame call)
    {
        ObjectTable objects = Server.Objects;
        switch (command)
        {
            case "create":
                call.WriteNew(HostedTypes.Create(call.ReadString(), ref call));
                break;
            case "publish":
                objects.Publish(call.ReadString(), call.ReadReference());
                break;
            case "withdraw":
                call.Write(objects.Withdraw(call.ReadString()));
                break;
            case "open":
                HostedObject opened = objects.Find(call.ReadString());
                call.WriteArrayHeader(2);
                call.Write(opened.TypeName);
                call.WriteReference(opened);
                break;
            case "release":
                Release(objects.Find(call.ReadUInt64()), call.ReadInt32());
                break;
            case "offer":
                HostedObject offered = objects.Find(call.ReadUInt64());
                Offer(offered, call.ReadUInt64(), call.Id != ManagerProtocol.Unasked);
                break;
            case "take_up":
                Lease(objects.Find(call.ReadUInt64()));
                Server.Transit.TakeUp(call.ReadUInt64(), _arrived);
                break;
            case "revoke":
                Server.Transit.Revoke(call.ReadUInt64());
                break;
            case "cancel":
                Cancel((uint)call.ReadUInt64());
                break;
            case "describe":
                call.Write(objects.Find(call.ReadUInt64()).ToString());
                break;
            case "inspect":
                call.Write(typeof(ManagerInspection), Server.Inspect());
                break;
            default:
                throw new CallFailedException(FailureCode.NoMethod, $"The server has no command '{command}'.");
        }
    }

    /// <summary>
    /// The client has sent a reference to another process. It asks about some, and refrains when they are refused; one that goes on
    /// all the same is cut off, as it could fill the server's memory.
    /// </summary>
    private void Offer(HostedObject offered, ulong ticket, bool isAsked)
    {
        int count = OnTheWay.Count;
        long limit = Server.Options.MaximumTransits + (isAsked ? 0L : 2 * ManagerProtocol.OffersOnTrust);
        if (count < limit)
        {
            Server.Transit.Offer(ticket, offered, OnTheWay);
            return;
        }

        string reason = $"{count} proxies that this process has sent are on their way, and were not received yet, which is as many as the server "
            + $"keeps ({nameof(ManagerOptions)}.{nameof(ManagerOptions.MaximumTransits)}). Send more when they have been received.";
        if (!isAsked && !_isCutOff)
        {
            _isCutOff = true;
            _ = EndAsync(reason);
        }

        throw new CallFailedException(FailureCode.InvalidOperation, reason);
    }
}
