using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models;

namespace Samples;

/// <summary>A slice with what each of its words counts for: [examples x rows of the embedding that it touches], zero where an example does not have the word.</summary>
internal sealed class AveragingSlice : PreparedSlice
{
    private AveragingSlice(Slice slice, IReadOnlyList<int[]> rows, float[] shares, long words)
        : base(slice, rows) => (Shares, Words) = (shares, words);

    /// <summary>The shares; those of an example add up to one, or are all zero.</summary>
    public float[] Shares { get; }

    /// <summary>Tokens of the slice.</summary>
    public long Words { get; }

    /// <summary>Number of examples.</summary>
    public int Count => Slice.Examples.Length;

    /// <summary>Finds the rows of a slice: those of its words, sorted and once each, without padding; and all rows of the dense tables.</summary>
    public static AveragingSlice Of(Slice slice, IReadOnlyList<int[]> denseRows)
    {
        int[][] sentences = [.. slice.Examples.ToArray().Select(example => slice.Data.Tokens(example).ToArray())];
        int[] rows = [.. sentences.SelectMany(words => words).Where(word => word != WordVocabulary.PaddingRow).Distinct().Order()];
        var shares = new float[sentences.Length * rows.Length];
        for (int example = 0; example < sentences.Length; example++)
        {
            int[] words = [.. sentences[example].Where(word => word != WordVocabulary.PaddingRow)];
            foreach (int word in words)
                shares[(example * rows.Length) + Array.BinarySearch(rows, word)] += 1f / words.Length;
        }

        return new AveragingSlice(slice, [rows, .. denseRows], shares, sentences.Sum(words => (long)words.Length));
    }
}
