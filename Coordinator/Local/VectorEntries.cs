using System.Collections.Concurrent;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Local;

/// <summary>The entries of a vector file for a writer that pulls them.</summary>
public static class VectorEntries
{
    /// <summary>
    /// Entries in file order, of which none is kept. The reader pushes entries and the writer pulls them, so each has
    /// its thread and a bounded queue lies between. The queue ends
    /// the reader if the writer fails, and the writer if the reader does.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="takes">Which words are wanted.</param>
    /// <param name="count">Entries with such a word, as they were counted before.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or has another number of them now.</exception>
    public static IEnumerable<(string Word, ReadOnlyMemory<float> Vector)> Of(
        string file, Func<string, bool> takes, long count)
    {
        using var queue = new BlockingCollection<(string, ReadOnlyMemory<float>)>(boundedCapacity: 1024);
        using var abandoned = new CancellationTokenSource();
        Task reader = Task.Run(() =>
        {
            try
            {
                VectorFile.Read(file, (word, vector) =>
                {
                    if (takes(word))
                        queue.Add((word, vector.ToArray()), abandoned.Token);
                });
            }
            finally
            {
                queue.CompleteAdding();
            }
        });
        long given = 0;
        try
        {
            foreach ((string, ReadOnlyMemory<float>) entry in queue.GetConsumingEnumerable())
            {
                if (++given > count)
                    throw Changed(file);
                yield return entry;
            }

            reader.GetAwaiter().GetResult();
            if (given < count)
                throw Changed(file);
        }
        finally
        {
            abandoned.Cancel();
            // Not awaited for its exception: that was thrown above, or the writer failed first and its own counts.
            ((IAsyncResult)reader).AsyncWaitHandle.WaitOne();
        }
    }

    private static InvalidInputException Changed(string file) =>
        new(file, "changed while it was read.", "Try again when nobody writes it.");
}
