using System.Text;
using Spectre.Console;

namespace IpcDemos.Coordinator.Output;

/// <summary>Finds out what standard output can show.</summary>
internal static class Terminal
{
    // What does not go to a terminal is read by programs or later: a line must stay one line, whatever its length.
    private const int UnlimitedWidth = 10_000;

    /// <summary>A console with colours on a terminal, plain text anywhere else or if <c>NO_COLOR</c> says so.</summary>
    public static IAnsiConsole Create()
    {
        bool isTerminal = !Console.IsOutputRedirected;
        bool plain = !isTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        if (OperatingSystem.IsWindows())
        {
            // The system's default is an old code page, in which neither bars nor people's names survive.
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,

            // Enrichers switch colours on for some build servers although nothing there is a terminal.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if (!isTerminal)
        {
            console.Profile.Width = UnlimitedWidth;
        }

        return console;
    }
}
