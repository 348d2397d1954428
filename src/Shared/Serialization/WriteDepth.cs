namespace IpcDemos.Shared.Serialization;

/// <summary>Counts how deep the value that this thread is writing is nested; MessagePack itself counts only when it reads.</summary>
internal static class WriteDepth
{
    [ThreadStatic]
    private static int s_depth;

    /// <summary>The depth now, to be given back to <see cref="Leave"/>.</summary>
    public static int Current => s_depth;

    public static int Enter()
    {
        int depth = s_depth;
        if (depth >= MessageOptions.MaximumDepth)
        {
            throw new MessageSerializationException(
                $"The value is nested deeper than {MessageOptions.MaximumDepth} levels. A message is a tree: send what refers to one another "
                + "as a flat list with indexes.");
        }

        s_depth = depth + 1;
        return depth;
    }

    /// <summary>Goes back to the depth that <see cref="Enter"/> returned. After an exception the outermost caller does it for all.</summary>
    public static void Leave(int depth) => s_depth = depth;
}
