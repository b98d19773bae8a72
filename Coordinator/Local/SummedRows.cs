using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Rows of several tables of word vectors as one: each word's rows added up.</summary>
internal static class SummedRows
{
    /// <summary>The sum of tables; of one table its rows as they come, without a copy. Of several one whole table is in memory while it is read.</summary>
    /// <param name="rows">Rows of each table.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="tables">The tables; of each, rows from <see cref="WordVocabulary.FirstWordRow"/> on count.</param>
    public static WordRowScan Of(int rows, int dimension, IReadOnlyList<WordRowScan> tables)
    {
        if (tables.Count == 1)
            return tables[0];
        return visitor =>
        {
            var sums = new float[checked(rows * dimension)];
            foreach (WordRowScan table in tables)
                table((row, values) => Add(sums.AsSpan(row * dimension, dimension), values));
            for (int row = WordVocabulary.FirstWordRow; row < rows; row++)
                visitor(row, sums.AsSpan(row * dimension, dimension));
        };
    }

    /// <summary>Adds numbers to a sum, place by place.</summary>
    public static void Add(Span<float> sum, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < sum.Length; i++)
            sum[i] += values[i];
    }
}
