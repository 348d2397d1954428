namespace IpcDemos.Shared.Managers.Hosting;

/// <summary>
/// The instances of registered types that are hosted now: each is one object per interface, however often it is given out, and is
/// disposed of with the last of them. Guarded by the lock of the <see cref="ObjectTable"/>.
/// </summary>
internal sealed class HostedInstances
{
    private readonly Dictionary<object, List<HostedUserObject>> _objects = new(ReferenceEqualityComparer.Instance);

    /// <summary>The object that hosts the same instance by the same interface already, or else the given one from now on.</summary>
    public HostedUserObject FindOrAdd(HostedUserObject hosted)
    {
        if (!_objects.TryGetValue(hosted.Instance, out List<HostedUserObject>? others))
        {
            _objects.Add(hosted.Instance, [hosted]);
            return hosted;
        }

        HostedUserObject? known = others.Find(other => other.TypeName == hosted.TypeName);
        if (known is null)
        {
            others.Add(hosted);
        }

        return known ?? hosted;
    }

    /// <summary>The object is to be removed; the last one that hosts its instance takes that along.</summary>
    public void Remove(HostedUserObject hosted)
    {
        List<HostedUserObject> others = _objects[hosted.Instance];
        _ = others.Remove(hosted);
        if (others.Count == 0)
        {
            _ = _objects.Remove(hosted.Instance);
            hosted.OwnsInstance = true;
        }
    }
}
