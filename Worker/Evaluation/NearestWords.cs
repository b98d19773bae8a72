using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Evaluation;

/// <summary>A word's vector and the words nearest to it.</summary>
/// <param name="Vector">Its vector.</param>
/// <param name="Nearest">Nearest first.</param>
public sealed record NearestWords(float[] Vector, IReadOnlyList<Neighbor> Nearest)
{
    /// <summary>
    /// The words nearest to each of several by cosine, itself left out, as <see cref="WordVectors.Nearest"/> has them, of a table that need not be in memory: it is
    /// scanned twice, and what is kept are the vectors of the words asked for.
    /// </summary>
    /// <param name="vocabulary">The words and their rows.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="table">The rows; those before the first word do not count.</param>
    /// <param name="rows">Distinct rows of words.</param>
    /// <param name="count">Neighbours a word.</param>
    /// <returns>In the order of <paramref name="rows"/>.</returns>
    /// <exception cref="ArgumentException">The table does not have one of the rows.</exception>
    public static IReadOnlyList<NearestWords> Of(WordVocabulary vocabulary, int dimension, WordRowScan table, IReadOnlyList<int> rows, int count)
    {
        var vectors = new Dictionary<int, float[]>();
        var places = rows.ToHashSet();
        table((row, values) =>
        {
            if (places.Contains(row))
                vectors[row] = values[..dimension].ToArray();
        });
        int missing = rows.FirstOrDefault(row => !vectors.ContainsKey(row), -1);
        if (missing >= 0)
            throw new ArgumentException($"the table has no row {missing}", nameof(rows));
        float[][] probes = [.. rows.Select(row => vectors[row])];
        float[] norms = [.. probes.Select(probe => WordVectors.Norm(probe))];
        PriorityQueue<int, (float Cosine, int Order)>[] nearest = [.. rows.Select(_ => new PriorityQueue<int, (float Cosine, int Order)>())];
        table((other, values) =>
        {
            if (other < WordVocabulary.FirstWordRow)
                return;
            float norm = WordVectors.Norm(values);
            for (int i = 0; i < probes.Length; i++)
            {
                if (rows[i] == other)
                    continue;
                float both = norms[i] * norm;
                nearest[i].Enqueue(other, (both == 0 ? 0 : WordVectors.Dot(probes[i], values) / both, -other));
                if (nearest[i].Count > count)
                    nearest[i].Dequeue();
            }
        });
        return [.. probes.Select((probe, i) => new NearestWords(probe, WordVectors.NearestFirst(vocabulary, nearest[i])))];
    }
}
