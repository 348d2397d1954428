using IpcDemos.Shared.Serialization;
using MessagePack;
using MessagePack.Formatters;

namespace IpcDemos.Shared.Managers;

/// <summary>A value and the version in which it was set, for setting it anew only if it still has that one.</summary>
/// <param name="Version">The version; −1 if there is no value.</param>
/// <param name="Value">The value; the default if there is none.</param>
[MessagePackFormatter(typeof(Versioned<>.Formatter))]
internal readonly record struct Versioned<T>(long Version, T Value)
{
    public bool Exists => Version >= 0;

    /// <summary>The values that exist, by the keys that they were asked for.</summary>
    public static IReadOnlyDictionary<TKey, T> Existing<TKey>(TKey[] keys, Elements<Versioned<T>> found)
        where TKey : notnull
    {
        var existing = new Dictionary<TKey, T>(keys.Length);
        foreach (var (key, versioned) in keys.Zip(found.Values))
        {
            if (versioned.Exists)
            {
                existing[key] = versioned.Value;
            }
        }

        return existing;
    }

    internal sealed class Formatter : IMessagePackFormatter<Versioned<T>>
    {
        public void Serialize(ref MessagePackWriter writer, Versioned<T> value, MessagePackSerializerOptions options)
        {
            writer.WriteArrayHeader(2);
            writer.Write(value.Version);
            MessageSerializer.Write(ref writer, value.Value, ((MessageOptions)options).Origin);
        }

        public Versioned<T> Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
        {
            _ = reader.ReadArrayHeader();
            long version = reader.ReadInt64();
            if (version >= 0)
            {
                return new Versioned<T>(version, MessageSerializer.Read<T>(ref reader, ((MessageOptions)options).Origin));
            }

            reader.Skip();
            return new Versioned<T>(version, default!);
        }
    }
}
