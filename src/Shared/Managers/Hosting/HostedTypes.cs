namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>Creates the server's objects: the types that every server has, and those that its owner has registered.</summary>
internal static class HostedTypes
{
    /// <exception cref="CallFailedException">There is no such type, or it is not made of these arguments.</exception>
    public static HostedObject Create(string typeName, ref CallFrame call) => typeName switch
    {
        "list" => new HostedList(call.ReadValues(), isFixed: false) { Number = ObjectTable.NewNumber() },
        "array" => new HostedList(call.ReadValues(), isFixed: true) { Number = ObjectTable.NewNumber() },
        "dictionary" or "namespace" => new HostedDictionary(typeName, call.ReadPairs()) { Number = ObjectTable.NewNumber() },
        "set" => new HostedSet(ref call) { Number = ObjectTable.NewNumber() },
        "value" => new HostedValue(call.ReadValue()) { Number = ObjectTable.NewNumber() },
        "queue" => new HostedQueue(call.ReadInt32()) { Number = ObjectTable.NewNumber() },
        "lock" => new HostedMutex(isRecursive: false) { Number = ObjectTable.NewNumber() },
        "recursive_lock" => new HostedMutex(isRecursive: true) { Number = ObjectTable.NewNumber() },
        "semaphore" => CreateSemaphore(ref call),
        "event" => new HostedEvent(call.ReadBoolean()) { Number = ObjectTable.NewNumber() },
        "condition" => CreateCondition(ref call),
        "barrier" => CreateBarrier(ref call),
        "pool" => HostedPool.Create(ref call),
        _ => call.Session.Server.Types.Create(typeName, ref call),
    };

    private static HostedSemaphore CreateSemaphore(ref CallFrame call)
    {
        int initial = call.ReadInt32();
        int maximum = call.ReadInt32();
        return initial >= 0 && maximum >= Math.Max(initial, 1)
            ? new HostedSemaphore(initial, maximum) { Number = ObjectTable.NewNumber() }
            : throw new CallFailedException(
                FailureCode.OutOfRange, $"A semaphore cannot begin with {initial} of at most {maximum}.");
    }

    private static HostedBarrier CreateBarrier(ref CallFrame call)
    {
        int parties = call.ReadInt32();
        return parties >= 1
            ? new HostedBarrier(parties) { Number = ObjectTable.NewNumber() }
            : throw new CallFailedException(FailureCode.OutOfRange, $"A barrier needs at least one party, not {parties}.");
    }

    /// <summary>On the lock that is referred to; with no argument, on a recursive one of its own.</summary>
    private static HostedCondition CreateCondition(ref CallFrame call)
    {
        ObjectTable objects = call.Session.Server.Objects;
        if (call.ArgumentsLeft == 0)
        {
            var own = new HostedMutex(isRecursive: true) { Number = ObjectTable.NewNumber() };
            objects.Hold(own); // and nobody else can name it, so that the table need not know it
            return new HostedCondition(own) { Number = ObjectTable.NewNumber() };
        }

        HostedMutex mutex = call.ReadReference() as HostedMutex
            ?? throw new CallFailedException(FailureCode.BadArguments, "A condition needs a lock or a recursive lock.");
        objects.Hold(mutex);
        return new HostedCondition(mutex) { Number = ObjectTable.NewNumber() };
    }
}
