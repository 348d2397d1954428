using System.Runtime.InteropServices;

namespace IpcDemos.Shared.Platform;

internal sealed partial class OverlappedPipe
{
    /// <summary>Blocks until there may be something to read, for so many milliseconds at most. Takes nothing out of the pipe.</summary>
    public void Wait(int milliseconds)
    {
        using var read = new EmptyRead(this);
        _ = read.Ended.WaitOne(milliseconds);
    }

    /// <summary>The awaitable twin of <see cref="Wait"/>; holds no thread.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var read = new EmptyRead(this);
        RegisteredWaitHandle wait = ThreadPool.UnsafeRegisterWaitForSingleObject(
            read.Ended, (_, _) => ended.TrySetResult(), null, Timeout.Infinite, executeOnlyOnce: true);
        try
        {
            using (cancellationToken.UnsafeRegister(static read => ((EmptyRead)read!).CallOff(), read))
            {
                await ended.Task.ConfigureAwait(false);
            }
        }
        finally
        {
            _ = wait.Unregister(null);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A read of no bytes that is under way: it ends when there are some, or the stream's end. Called off, it loses nothing.</summary>
    private sealed unsafe class EmptyRead : IDisposable
    {
        private readonly OverlappedPipe _pipe;
        private readonly NativeOverlapped* _call;
        private readonly bool _hasBegun;

        public EmptyRead(OverlappedPipe pipe)
        {
            _pipe = pipe;
            pipe.Hold();
            _call = (NativeOverlapped*)NativeMemory.AllocZeroed((nuint)sizeof(NativeOverlapped));
            try
            {
                _call->EventHandle = Ended.SafeWaitHandle.DangerousGetHandle();
                _hasBegun = pipe.Begin((byte*)_call, 0, isWrite: false, _call);
                if (!_hasBegun && pipe.EndsStream())
                {
                    _ = Ended.Set();
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public ManualResetEvent Ended { get; } = new(initialState: false);

        public void CallOff() => _ = CancelIoEx(_pipe._handle.DangerousGetHandle(), _call);

        public void Dispose()
        {
            if (_hasBegun)
            {
                // The system writes into the call's memory until the read has ended.
                CallOff();
                _ = GetOverlappedResult(_pipe._handle.DangerousGetHandle(), _call, out _, wait: true);
            }

            Ended.Dispose();
            NativeMemory.Free(_call);
            _pipe.LetGo();
        }
    }
}
