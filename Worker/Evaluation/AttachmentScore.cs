using DistEmbed.Protocol.Measures;

namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// Attachment of words to their heads: labelled, where head and relation are right, and unlabelled, where the head is. Every token counts, punctuation too, as in the
/// shared tasks of CoNLL since 2017.
/// </summary>
public static class AttachmentScore
{
    /// <summary>Labelled and unlabelled attachment scores. Sums: tokens with head and relation right, with the head right, all.</summary>
    public static MeasureSet Measures { get; } = new(["las", "uas"], 3, sums => sums[2] > 0 ? [sums[0] / sums[2], sums[1] / sums[2]] : [0, 0]);

    /// <summary>Adds a sentence to the sums of <see cref="Measures"/>; a token whose head is not known (-1) does not count.</summary>
    public static void Add(double[] sums, ReadOnlySpan<int> goldHeads, ReadOnlySpan<int> goldRelations, ReadOnlySpan<int> heads, ReadOnlySpan<int> relations)
    {
        for (int word = 0; word < goldHeads.Length; word++)
        {
            if (goldHeads[word] < 0)
                continue;
            bool attached = heads[word] == goldHeads[word];
            sums[0] += attached && relations[word] == goldRelations[word] ? 1 : 0;
            sums[1] += attached ? 1 : 0;
            sums[2]++;
        }
    }
}
