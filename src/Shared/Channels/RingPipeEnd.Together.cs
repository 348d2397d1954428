using IpcDemos.Shared.Platform;

namespace IpcDemos.Shared.Channels;

/// <content>Waiting for this end together with others, by one thread that reads them all.</content>
internal sealed unsafe partial class RingPipeEnd
{
    /// <summary>
    /// From now on, until the result is disposed of, the parker is unparked when this end is closed here or the process at the other
    /// end has ended; and the memory stays mapped.
    /// </summary>
    /// <exception cref="ObjectDisposedException">This end is closed.</exception>
    public JointWait WaitJointly(Parker parker) => new(this, parker);

    /// <summary>One end's part in the waits of a thread that waits for several. For one thread at a time.</summary>
    public sealed class JointWait : IDisposable
    {
        private readonly RingPipeEnd _end;
        private readonly Parker _parker;
        private ulong _peer;
        private ulong _next;
        private ProcessWatch? _peerWatch;
        private ProcessWatch? _nextWatch;
        private uint _marked;
        private bool _isMarked;

        public JointWait(RingPipeEnd end, Parker parker)
        {
            (_end, _parker) = (end, parker);
            end._lifetime.Add(parker);
        }

        /// <summary>Whether reading has something to say at once, be it that this end has been closed.</summary>
        public bool IsReady => _end._isClosed || _end.IsReady;

        /// <summary>Announces that the thread is about to park; <see cref="IsReady"/> is to be looked at after this.</summary>
        /// <returns>What to park on.</returns>
        public Futex.Word Mark()
        {
            (_marked, _isMarked) = (_end.SelfGate.Mark(), true);

            // After the mark: who announces itself later rouses who waits here, and is then seen by the next call.
            Watch(ref _peer, ref _peerWatch, Volatile.Read(ref _end.Peer));
            Watch(ref _next, ref _nextWatch, Volatile.Read(ref _end._isReader ? ref _end._state->NextWriter : ref _end._state->NextReader));
            return new Futex.Word(_end.SelfGate.Word.Address, _marked);
        }

        /// <summary>The thread is awake, and nobody else ever waits here: spares the other side a wake-up for nothing.</summary>
        public void Unmark()
        {
            if (_isMarked)
            {
                _isMarked = false;
                _end.SelfGate.Unmark(_marked);
            }
        }

        public void Dispose()
        {
            _peerWatch?.Unsubscribe(_parker.UnparkAction);
            _nextWatch?.Unsubscribe(_parker.UnparkAction);
            _end._lifetime.Remove(_parker);
        }

        private void Watch(ref ulong known, ref ProcessWatch? watch, ulong word)
        {
            if (word == known)
            {
                return;
            }

            // What may fail, for want of a descriptor, comes first.
            ProcessWatch? next = word == 0 || IdentityOf(word) == ProcessIdentity.Current ? null : ProcessWatch.On(IdentityOf(word));
            watch?.Unsubscribe(_parker.UnparkAction);
            (known, watch) = (word, next);
            watch?.Subscribe(_parker.UnparkAction);
        }
    }
}
