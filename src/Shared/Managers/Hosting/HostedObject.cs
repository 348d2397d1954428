namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>An object of the server that clients share. Each call is carried out under its lock, so that each is atomic.</summary>
internal abstract class HostedObject
{
    /// <summary>What it is: <c>list</c>, <c>queue</c>, or the name of a registered type.</summary>
    public abstract string TypeName { get; }

    /// <summary>Which of the server's objects it is: a random number, so that only who was given it can name it.</summary>
    public ulong Number { get; init; }

    /// <summary>Held while a call is carried out. At most one object's lock is held at a time, but for a condition's, which holds its mutex's.</summary>
    public Lock Gate { get; } = new();

    /// <summary>How many references clients hold, counted by the <see cref="ObjectTable"/> under its lock.</summary>
    public int Leases { get; set; }

    /// <summary>How many references other objects' values hold, counted likewise.</summary>
    public int Holders { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Carries out a call.</summary>
    /// <exception cref="CallFailedException">The object has no such method, or refuses.</exception>
    public abstract void Invoke(scoped ReadOnlySpan<char> method, ref CallFrame call);

    /// <summary>One line for people.</summary>
    public abstract override string ToString();

    /// <summary>The objects that this one's values refer to.</summary>
    public virtual IEnumerable<HostedObject> References() => [];

    /// <summary>A client that acquired something here is gone.</summary>
    public virtual void Forget(ManagerSession session)
    {
    }

    /// <summary>Nobody refers to it any more. Gives the values it kept, whose references end with it.</summary>
    public virtual IEnumerable<StoredValue> Remove() => [];

    protected CallFailedException NoSuchMethod(scoped ReadOnlySpan<char> method) =>
        new(FailureCode.NoMethod, $"A shared {TypeName} has no method '{method}'.");
}
