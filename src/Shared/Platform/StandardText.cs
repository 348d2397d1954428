using System.Text;

namespace IpcDemos.Shared.Platform;

/// <summary>How text on this process's standard streams is encoded.</summary>
internal static class StandardText
{
    /// <summary>
    /// As everywhere else, also on Windows: there it would be in the code page of the console, which can write few of the characters
    /// that there are, and which the other end does not know.
    /// </summary>
    public static void UseUtf8()
    {
        if (OperatingSystem.IsWindows())
        {
            var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
            Console.InputEncoding = utf8;
            Console.OutputEncoding = utf8;
        }
    }
}
