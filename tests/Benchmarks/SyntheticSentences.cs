using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Benchmarks;

/// <summary>
/// Sentences as long as those of SST-2 (mean 19 words, 2 to 52) of words drawn by Zipf's law, and their batches: step by step as they lie, from the start again
/// after the last.
/// </summary>
internal sealed class SyntheticSentences : IBatchPlan
{
    private readonly int _batch;
    private readonly int[] _order;

    /// <summary>Draws the sentences.</summary>
    /// <param name="steps">Batches before they repeat.</param>
    /// <param name="batch">Sentences a batch.</param>
    /// <param name="slices">Slices a batch.</param>
    /// <param name="ranks">Words there are; rank 0 is the most frequent.</param>
    /// <param name="rowOf">Row of a word in a step (from 0): different words of a step need different rows.</param>
    public SyntheticSentences(int steps, int batch, int slices, int ranks, Func<int, int, int> rowOf)
    {
        (_batch, Slices, StepsPerEpoch) = (batch, slices, steps);
        _order = [.. Enumerable.Range(0, steps * batch)];
        var random = new CounterRandom(7, RandomPurpose.DataSplit);
        double[] cumulative = new double[ranks];
        double sum = 0;
        for (int rank = 0; rank < ranks; rank++)
            cumulative[rank] = sum += 1.0 / (rank + 1);
        var starts = new int[_order.Length + 1];
        var tokens = new List<int>();
        var labels = new int[_order.Length];
        for (int sentence = 0; sentence < _order.Length; sentence++)
        {
            // Sum of four uniforms: near enough to the bell of real lengths.
            double length = 19.3 + 9.3 * Math.Sqrt(3) * (random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2);
            int words = Math.Clamp((int)Math.Round(length), 2, 52);
            for (int i = 0; i < words; i++)
            {
                int rank = Array.BinarySearch(cumulative, random.NextDouble() * sum);
                tokens.Add(rowOf(sentence / batch, Math.Min(rank < 0 ? ~rank : rank, ranks - 1)));
            }

            starts[sentence + 1] = tokens.Count;
            labels[sentence] = random.NextInt(2);
        }

        Data = new ExampleSet(starts, [.. tokens], labels);
    }

    public ExampleSet Data { get; }

    public int StepsPerEpoch { get; }

    public int Slices { get; }

    /// <summary>A word's own row in a table that has a row for each.</summary>
    public static int OwnRow(int step, int rank) => WordVocabulary.FirstWordRow + rank;

    public int BatchSize(int step) => _batch;

    public ReadOnlyMemory<int> Examples(int step, int slice)
    {
        int first = _batch * slice / Slices, end = _batch * (slice + 1) / Slices;
        return _order.AsMemory((step - 1) % StepsPerEpoch * _batch + first, end - first);
    }

    /// <summary>Mean number of different rows a step.</summary>
    public double RowsAStep()
    {
        long rows = 0;
        for (int step = 1; step <= StepsPerEpoch; step++)
        {
            var seen = new HashSet<int>();
            for (int slice = 0; slice < Slices; slice++)
            {
                foreach (int example in Examples(step, slice).Span)
                {
                    foreach (int token in Data.Tokens(example))
                        seen.Add(token);
                }
            }

            rows += seen.Count;
        }

        return (double)rows / StepsPerEpoch;
    }
}
