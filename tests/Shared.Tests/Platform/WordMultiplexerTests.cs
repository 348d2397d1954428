using System.Runtime.InteropServices;
using IpcDemos.Shared.Platform;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Platform;

public sealed partial class WordMultiplexerTests
{
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    [Fact(Timeout = 60_000)]
    public Task A_word_that_is_unmapped_while_it_is_handed_to_the_kernel_does_not_fail_the_waits_on_others()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Futex.CanWaitAny, "Only this kernel's words are waited on together.");
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        return AssertEndsAsync(WorkerProcess.Create(UnmapWhileItIsHandedOver));
    }

    [Fact(Timeout = 60_000)]
    public Task A_wait_on_a_word_that_is_unmapped_meanwhile_fails_and_does_not_try_for_ever()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Futex.CanWaitAny, "Only this kernel's words are waited on together.");
        Assert.SkipUnless(CrashPoint.AreCompiledIn, "This build has no crash points.");
        return AssertEndsAsync(WorkerProcess.Create(UnmapUnderAWait));
    }

    private static void UnmapWhileItIsHandedOver()
    {
        using var multiplexer = new HeldUp();
        using Word kept = new();
        Word gone = new();
        kept.Begin();
        multiplexer.WaitUntilHeldUp();
        IDisposable wait = gone.Begin()!;
        multiplexer.GoOnUntilHeldUpAgain();

        // By now it has looked at both words. What a cancelled wait on one of them and its memory's release do in between:
        wait.Dispose();
        gone.Dispose();
        multiplexer.GoOn();
        kept.ChangeAndWake();
        Assert.True(kept.Completion.Task.Wait(s_tooLong));
    }

    private static void UnmapUnderAWait()
    {
        using var multiplexer = new HeldUp();
        Word gone = new();
        _ = gone.Begin();
        multiplexer.WaitUntilHeldUp();
        gone.TakeAway();
        multiplexer.GoOn();
        _ = Assert.Throws<AggregateException>(() => gone.Completion.Task.Wait(s_tooLong));
    }

    private static async Task AssertEndsAsync(WorkerProcess worker)
    {
        await using (worker)
        {
            worker.Start();
            await worker.JoinAsync();
            Assert.True(worker.ExitCode == 0, $"{worker.Error}");
        }
    }

    /// <summary>A word in memory of its own, and a wait on it.</summary>
    private sealed unsafe class Word : IDisposable
    {
        private readonly MemoryMapping _memory = MemoryMapping.Create(Guid.NewGuid(), Environment.SystemPageSize, hasTail: false);

        public TaskCompletionSource Completion { get; } = new();

        private WaitWord Address => new((uint*)_memory.Pointer, (WaitCell*)(_memory.Pointer + 8));

        public IDisposable? Begin() => WordMultiplexer.Add(Address, 0, Completion);

        public void ChangeAndWake()
        {
            Volatile.Write(ref *Address.Address, 1);
            Address.WakeAll();
        }

        /// <summary>As if it were unmapped, to the kernel; but the address is nobody else's, who might get it at this very instant.</summary>
        public void TakeAway() => Assert.Equal(0, Protect(_memory.Pointer, (nuint)Environment.SystemPageSize, 0));

        public void Dispose() => _memory.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static unsafe partial int Protect(byte* address, nuint length, int protection);

    /// <summary>Holds the multiplexer's thread up between its look at the words and its call.</summary>
    private sealed class HeldUp : IDisposable
    {
        private readonly SemaphoreSlim _heldUp = new(0);
        private readonly SemaphoreSlim _goOn = new(0);

        public HeldUp() => Arm();

        public void WaitUntilHeldUp() => Assert.True(_heldUp.Wait(s_tooLong));

        public void GoOnUntilHeldUpAgain()
        {
            Arm();
            GoOn();
            WaitUntilHeldUp();
        }

        public void GoOn() => _goOn.Release();

        public void Dispose()
        {
            _heldUp.Dispose();
            _goOn.Dispose();
        }

        private void Arm() => CrashPoint.Arm("multiplexer.before-wait", () =>
        {
            _ = _heldUp.Release();
            _goOn.Wait();
        });
    }
}
