using System.Diagnostics;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Places between two stores of an algorithm at which a test can have a process killed, or held up until others have done
/// what must come in between. Debug builds contain them; in Release builds the calls do not exist.
/// </summary>
internal static class CrashPoint
{
#if DEBUG
    /// <summary>Whether this build contains them.</summary>
    public const bool AreCompiledIn = true;
#else
    /// <summary>Whether this build contains them.</summary>
    public const bool AreCompiledIn = false;
#endif

    private static volatile string? s_armed;
    private static Action s_action = Die;
    private static int s_remaining;

    /// <summary>Has this process die when it reaches a place.</summary>
    /// <param name="name">Which place.</param>
    /// <param name="times">The how manieth time from now on.</param>
    public static void Arm(string name, int times = 1) => Arm(name, Die, times);

    /// <summary>Has a thread of this process do something when it reaches a place, once.</summary>
    /// <param name="name">Which place.</param>
    /// <param name="action">What it does there.</param>
    /// <param name="times">The how manieth time from now on.</param>
    public static void Arm(string name, Action action, int times = 1)
    {
        s_remaining = times;
        s_action = action;
        s_armed = name;
    }

    /// <summary>Kills the process without any clean-up, or does what else a test has armed this place with.</summary>
    [Conditional("DEBUG")]
    public static void Reach(string name)
    {
        if (s_armed is { } armed && armed == name && Interlocked.Decrement(ref s_remaining) == 0)
        {
            s_action();
        }
    }

    private static void Die() => Process.GetCurrentProcess().Kill();
}
