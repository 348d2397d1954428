namespace IpcDemos.Shared.Managers;

/// <summary>A change of a shared object. It tells where; what is there now, possibly after further changes, is to be read.</summary>
/// <typeparam name="TKey">Keys of a dictionary, names of a namespace, indices of a list, elements of a set.</typeparam>
/// <param name="Version">Counts the object's changes; each has the next number.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Key">Where; the default if the change is not at one place.</param>
public readonly record struct SharedChange<TKey>(long Version, SharedChangeKind Kind, TKey? Key);
