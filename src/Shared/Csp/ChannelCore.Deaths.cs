using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Synchronization;

namespace IpcDemos.Shared.Csp;

/// <content>What becomes of what a process has at a channel when it has ended and left it behind.</content>
internal sealed unsafe partial class ChannelCore
{
    /// <summary>
    /// Applies the policy for deaths to all ends of a process that has ended, and to one that it was sent and has not received.
    /// </summary>
    public void Abandon(int index, int generation, PoisonCause cause)
    {
        Enter();
        try
        {
            for (int each = 0; each < _state->EndsUsed; each++)
            {
                EndEntry* entry = EndAt(each);
                bool wasSent = each == index && entry->Generation == generation && entry->Owner == (s_self | Moving);
                if (wasSent || (entry->Owner != 0 && (entry->Owner & ~Moving) == cause.Process))
                {
                    RemoveDead(entry, cause);
                }
            }
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Has the end of every process that has an end, or is about to, interrupt the wait. Not under the lock.</summary>
    /// <returns>Whether one has ended, so that <see cref="Sweep"/> is called for.</returns>
    public bool Watch(SharedWait wait)
    {
        bool anyHasEnded = false;
        for (int index = 0; index < Volatile.Read(ref _state->EndsUsed); index++)
        {
            anyHasEnded |= HasEnded(wait, Volatile.Read(ref EndAt(index)->Owner), out _)
                | HasEnded(wait, Volatile.Read(ref EndAt(index)->NextOwner), out _);
        }

        return anyHasEnded;
    }

    /// <summary>Applies the policy for deaths to all ends of processes that have ended. Under the lock.</summary>
    public void Sweep(SharedWait wait)
    {
        for (int index = 0; index < _state->EndsUsed; index++)
        {
            EndEntry* entry = EndAt(index);
            bool nextHasEnded = HasEnded(wait, entry->NextOwner, out ProcessWatch? dead);
            if (HasEnded(wait, entry->Owner, out ProcessWatch? owner) || (nextHasEnded && (entry->Owner & Moving) != 0))
            {
                dead = owner ?? dead;
                RemoveDead(entry, PoisonCause.Of(dead!.Process, dead.ExitCode));
            }
            else if (nextHasEnded)
            {
                entry->NextOwner = 0; // died in between; nothing was its own yet
            }
        }
    }

    private static bool HasEnded(SharedWait wait, ulong word, out ProcessWatch? dead)
    {
        dead = null;
        if (word == 0 || (word & ~Moving) == s_self)
        {
            return false;
        }

        ProcessWatch watch = wait.Watch(IdentityOf(word));
        dead = watch.HasEnded ? watch : null;
        return watch.HasEnded;
    }

    private void RemoveDead(EndEntry* entry, PoisonCause cause)
    {
        if (_state->DeathPolicy == DeathPolicy.Poison)
        {
            SetPoisoned(cause);
        }

        for (int offer = 0; offer < _state->OffersUsed; offer++)
        {
            if (OfferAt(offer)->Process == cause.Process)
            {
                Volatile.Write(ref OfferAt(offer)->Process, 0);
            }
        }

        ForgetPeers(process => process == cause.Process);
        Remove(entry);
    }
}
