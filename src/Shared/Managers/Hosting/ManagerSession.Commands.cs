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
                HostedObject created = HostedTypes.Create(call.ReadString(), ref call);
                objects.Add(created);
                call.WriteReference(created);
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
                ChangeTransit(objects.Find(call.ReadUInt64()), +1);
                break;
            case "take_up":
                TakeUp(ref call);
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

    /// <summary>A reference that came in a message: the client holds it from here on, and it is no longer on its way.</summary>
    private void TakeUp(ref CallFrame call)
    {
        HostedObject hosted = Server.Objects.Find(call.ReadUInt64());
        int sender = call.ReadInt32();
        Lease(hosted);
        Server.Find(sender)?.ChangeTransit(hosted, -1);
    }
}
