using System.ComponentModel;
using System.Diagnostics;

namespace IpcDemos.Shared.Platform;

/// <summary>
/// Linux: waits on many words with one thread. The first of the 128 words that one system call takes is the control word,
/// by which a new wait gets into a call that is already under way.
/// </summary>
/// <remarks>
/// Waits on the same word share a place. More than 127 different words take further threads. A thread starts with the
/// first wait it gets, sleeps while there is nothing to do, and ends when it has had none for a while.
/// </remarks>
internal sealed unsafe class WordMultiplexer
{
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(5);

    /// <summary>Guards the list and everything in its members.</summary>
    private static readonly Lock s_gate = new();
    private static readonly List<WordMultiplexer> s_multiplexers = [];

    private readonly Dictionary<nuint, List<Wait>> _waits = [];
    private readonly uint[] _control = GC.AllocateArray<uint>(1, pinned: true);

    /// <summary>Counts the words that got or lost their place.</summary>
    private int _changes;

    /// <summary>Completes <paramref name="completion"/> once the word is no longer <paramref name="expected"/> or is woken.</summary>
    /// <returns>What ends the wait when disposed of, also an unfinished one.</returns>
    public static IDisposable? Add(WaitWord word, uint expected, TaskCompletionSource completion)
    {
        lock (s_gate)
        {
            if (word.Value != expected)
            {
                _ = completion.TrySetResult();
                return null;
            }

            nuint address = (nuint)word.Address;
            WordMultiplexer? multiplexer = s_multiplexers.Find(candidate => candidate._waits.ContainsKey(address))
                ?? s_multiplexers.Find(candidate => candidate._waits.Count < Futex.MaximumWords - 1);
            if (multiplexer is null)
            {
                multiplexer = new WordMultiplexer();

                // Found by others only once its thread has started: if there is none now, the next wait tries again.
                CrashPoint.Reach("multiplexer.thread");
                new Thread(multiplexer.RunOrFail) { IsBackground = true, Name = "IpcDemos word multiplexer" }.UnsafeStart();
                s_multiplexers.Add(multiplexer);
            }

            var wait = new Wait(multiplexer, address, expected, completion);
            if (!multiplexer._waits.TryGetValue(address, out List<Wait>? waits))
            {
                waits = multiplexer._waits[address] = [];
                multiplexer._changes++;
                multiplexer.Interrupt();
            }

            // If the word already had a place, the call under way is on its wait queue, or has yet to compare the value,
            // whatever that was when the call was prepared; either way the change that ends this wait ends the call.
            waits.Add(wait);
            return wait;
        }
    }

    private void RunOrFail()
    {
        try
        {
            Run();
        }
        catch (Exception error)
        {
            // The kernel refused, for want of memory or because a word is no longer mapped: the waits get the error.
            lock (s_gate)
            {
                _ = s_multiplexers.Remove(this);
                foreach (Wait wait in _waits.Values.SelectMany(waits => waits))
                {
                    _ = wait.Completion.TrySetException(error);
                }

                _waits.Clear();
            }
        }
    }

    private void Run()
    {
        Span<Futex.Word> words = stackalloc Futex.Word[Futex.MaximumWords];
        Span<nuint> addresses = stackalloc nuint[Futex.MaximumWords];
        long idleSince = 0;
        fixed (uint* control = _control)
        {
            while (true)
            {
                int count = 1;
                int changes;
                Deadline deadline = Deadline.Infinite;
                lock (s_gate)
                {
                    words[0] = new Futex.Word(control, *control);
                    foreach (nuint address in _waits.Keys)
                    {
                        uint value = Volatile.Read(ref *(uint*)address);
                        Complete(address, wait => wait.Expected != value);
                        if (_waits.ContainsKey(address))
                        {
                            words[count] = new Futex.Word((uint*)address, value);
                            addresses[count++] = address;
                        }
                    }

                    changes = _changes;
                    if (count > 1)
                    {
                        idleSince = 0;
                    }
                    else if (idleSince == 0)
                    {
                        idleSince = Stopwatch.GetTimestamp();
                        deadline = Deadline.After(s_idleTime);
                    }
                    else if (Stopwatch.GetElapsedTime(idleSince) >= s_idleTime)
                    {
                        _ = s_multiplexers.Remove(this);
                        return;
                    }
                    else
                    {
                        deadline = Deadline.After(s_idleTime - Stopwatch.GetElapsedTime(idleSince));
                    }
                }

                int woken = -1;
                CrashPoint.Reach("multiplexer.before-wait");
                try
                {
                    woken = Futex.WaitAny(words[..count], deadline);
                }
                catch (Win32Exception error) when (error.NativeErrorCode == Futex.BadAddress && HasChangedSince(changes))
                {
                    // One of the words is no longer mapped: its wait was cancelled and its memory freed between our look and
                    // the call. The other waits have nothing to do with that.
                }

                if (woken > 0)
                {
                    lock (s_gate)
                    {
                        Complete(addresses[woken], _ => true);
                    }
                }
            }
        }
    }

    private bool HasChangedSince(int changes)
    {
        lock (s_gate)
        {
            return _changes != changes;
        }
    }

    private void Complete(nuint address, Predicate<Wait> isOver)
    {
        if (!_waits.TryGetValue(address, out List<Wait>? waits))
        {
            return;
        }

        foreach (Wait wait in waits)
        {
            if (isOver(wait))
            {
                _ = wait.Completion.TrySetResult();
            }
        }

        _ = waits.RemoveAll(isOver);
        if (waits.Count == 0)
        {
            RemovePlace(address);
        }
    }

    private void RemovePlace(nuint address)
    {
        _ = _waits.Remove(address);
        _changes++;
    }

    private void Interrupt()
    {
        fixed (uint* control = _control)
        {
            (*control)++;
            Futex.WakeAll(control);
        }
    }

    private sealed class Wait(WordMultiplexer multiplexer, nuint address, uint expected, TaskCompletionSource completion) : IDisposable
    {
        public uint Expected => expected;

        public TaskCompletionSource Completion => completion;

        public void Dispose()
        {
            lock (s_gate)
            {
                // Gone already if the word ended it. A call under way may go on watching the word; nobody reads it.
                if (multiplexer._waits.TryGetValue(address, out List<Wait>? waits) && waits.Remove(this) && waits.Count == 0)
                {
                    multiplexer.RemovePlace(address);
                    if (multiplexer._waits.Count == 0)
                    {
                        multiplexer.Interrupt();
                    }
                }
            }
        }
    }
}
