using System.Collections;

namespace IpcDemos.Shared.Tests.Pools;

/// <summary>Says how many items it has, whatever it has.</summary>
internal sealed class Counted(int count, IEnumerable<int> items) : ICollection<int>
{
    public int Count => count;

    public bool IsReadOnly => true;

    public IEnumerator<int> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Add(int item) => throw new NotSupportedException();

    public void Clear() => throw new NotSupportedException();

    public bool Contains(int item) => throw new NotSupportedException();

    public void CopyTo(int[] array, int arrayIndex) => throw new NotSupportedException();

    public bool Remove(int item) => throw new NotSupportedException();
}
