using IpcDemos.Shared.Managers;
using IpcDemos.Shared.Processes;

namespace IpcDemos.Shared.Tests.Managers.Examples;

/// <summary>Workers that count words into one dictionary.</summary>
internal static class WordCount
{
    public static async Task<IReadOnlyDictionary<string, int>> RunAsync(string[] texts)
    {
        using Manager manager = Manager.Start();
        using SharedDictionary<string, int> words = manager.CreateDictionary<string, int>();
        using SharedLock mutex = manager.CreateLock();
        WorkerProcess[] counters = [.. texts.Select(text => WorkerProcess.Create(CountWords, text, words, mutex))];
        foreach (WorkerProcess counter in counters)
        {
            counter.Start();
        }

        await Task.WhenAll(counters.Select(counter => counter.JoinAsync()));
        return words.ToDictionary();
    }

    private static void CountWords(string text, SharedDictionary<string, int> words, SharedLock mutex)
    {
        foreach (string word in text.Split(' '))
        {
            using (mutex.Hold())
            {
                words[word] = words.TryGetValue(word, out int count) ? count + 1 : 1; // two calls, so the lock is needed
            }
        }
    }
}
