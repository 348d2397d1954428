namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>A registered interface: how its objects are made, and the table of what can be called.</summary>
internal sealed class UserType
{
    private readonly UserMethod? _create;
    private readonly Dictionary<string, UserMethod> _methods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UserMethod>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public UserType(ManagerTypes types, Type type, Delegate? create)
    {
        InterfaceContract contract = InterfaceContract.Of(type);
        Name = contract.Name;
        Create = create;
        _create = create is null ? null : new UserMethod(types, create.GetType().GetMethod(nameof(Action.Invoke))!);
        _lookup = _methods.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (method, name) in contract.Names)
        {
            _methods.Add(name, new UserMethod(types, method));
        }
    }

    public string Name { get; }

    private Delegate? Create { get; }

    public HostedObject CreateObject(ref CallFrame call)
    {
        if (Create is null)
        {
            throw new CallFailedException(FailureCode.NoMethod, $"{Name} cannot be created by clients; other objects give it out.");
        }

        object?[] arguments = _create!.ReadArguments(ref call, CancellationToken.None);
        return Host(_create.Invoke(Create, arguments)
            ?? throw new InvalidOperationException($"The function that is registered to create a {Name} returned null."));
    }

    public HostedUserObject Host(object instance) => new(this, instance) { Number = ObjectTable.NewNumber() };

    public UserMethod? Find(scoped ReadOnlySpan<char> name) => _lookup.TryGetValue(name, out UserMethod? method) ? method : null;
}
