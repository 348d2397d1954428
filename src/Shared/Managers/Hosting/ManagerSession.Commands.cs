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
                Server.Transit.Offer(call.ReadUInt64(), offered);
                break;
            case "take_up":
                Lease(objects.Find(call.ReadUInt64()));
                Server.Transit.TakeUp(call.ReadUInt64());
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
}
