namespace IpcDemos.Shared.Managers;

/// <summary>What happened to a shared object that is watched.</summary>
public enum SharedChangeKind
{
    /// <summary>Nothing yet: the watch has begun, and no change after this version goes untold.</summary>
    Watching = 0,

    /// <summary>The value at a key or index was set, or newly added.</summary>
    Set = 1,

    /// <summary>A key, or the element at an index, was removed.</summary>
    Removed = 2,

    /// <summary>An element was inserted at an index; those behind it moved.</summary>
    Inserted = 3,

    /// <summary>The whole content was replaced, cleared or reordered.</summary>
    Replaced = 4,

    /// <summary>Changes were left out, because this process did not keep up; read the object anew.</summary>
    Missed = 5,
}
