using DistEmbed.Protocol;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Draws words with probability proportional to count^exponent (Mikolov et al. 2013, section 2.2) from an alias table (Walker 1977, in Vose's construction
/// of 1991): one random number and one look-up a draw, exact to 2^-32. Padding, unknown words and words that were never counted are never drawn. Immutable,
/// and the same on every machine: no function of the platform's mathematics library takes part.
/// </summary>
public sealed class NegativeSampler
{
    private readonly Column[] _columns;

    /// <summary>Builds the table for the words of <paramref name="vocabulary"/>.</summary>
    /// <exception cref="InvalidInputException">No word of the vocabulary was counted.</exception>
    public NegativeSampler(WordVocabulary vocabulary, double exponent)
    {
        var rows = new List<int>(vocabulary.Rows);
        for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
        {
            if (vocabulary.Count(row) > 0)
                rows.Add(row);
        }
        if (rows.Count == 0)
        {
            throw new InvalidInputException(
                "model.negatives", $"none of the vocabulary's {vocabulary.Rows - WordVocabulary.FirstWordRow} words was counted, so no negative sample can be drawn.",
                "Train on text that holds words of the vocabulary, or lower data.minCount.");
        }
        var shares = new double[rows.Count];
        double total = 0;
        for (int i = 0; i < shares.Length; i++)
            total += shares[i] = Word2VecMath.Power(vocabulary.Count(rows[i]), exponent);
        for (int i = 0; i < shares.Length; i++)
            shares[i] *= shares.Length / total;
        _columns = BuildColumns(rows, shares);
    }

    /// <summary>Draws a row of the vocabulary.</summary>
    public int Next(ref CounterRandom random)
    {
        // The product's upper half is uniform over the columns, its lower half uniform within the column: one number serves both choices.
        ulong column = Math.BigMul(random.NextUInt64(), (ulong)_columns.Length, out ulong within);
        ref readonly Column chosen = ref _columns[column];
        return (uint)(within >> 32) < chosen.Threshold ? chosen.Row : chosen.Alias;
    }

    private static Column[] BuildColumns(List<int> rows, double[] shares)
    {
        var columns = new Column[shares.Length];
        // One array holds both stacks, small columns from the left and large ones from the right: together they are never more than the columns.
        var pending = new int[shares.Length];
        int small = 0, large = shares.Length;
        for (int i = shares.Length - 1; i >= 0; i--)
        {
            if (shares[i] < 1)
                pending[small++] = i;
            else
                pending[--large] = i;
        }
        while (small > 0 && large < shares.Length)
        {
            int poor = pending[--small], rich = pending[large];
            columns[poor] = new Column(rows[poor], rows[rich], (uint)(shares[poor] * 4294967296.0));
            shares[rich] = shares[rich] + shares[poor] - 1;
            if (shares[rich] < 1)
            {
                large++;
                pending[small++] = rich;
            }
        }
        // What is left has a share of 1, up to rounding.
        for (; large < shares.Length; large++)
            columns[pending[large]] = new Column(rows[pending[large]], rows[pending[large]], 0);
        for (; small > 0; small--)
            columns[pending[small - 1]] = new Column(rows[pending[small - 1]], rows[pending[small - 1]], 0);
        return columns;
    }

    // Row where the place in the column lies under the threshold (in units of 2^-32), else Alias.
    private readonly record struct Column(int Row, int Alias, uint Threshold);
}
