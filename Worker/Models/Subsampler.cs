using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Drops frequent words at random: a word of frequency f (its count over the counts of all words) is kept with probability (sqrt(f/t)+1) t/f, which is what
/// word2vec.c computes (the paper, Mikolov et al. 2013, section 2.3, prints another formula). Padding and unknown words are always dropped. Immutable.
/// </summary>
public sealed class Subsampler
{
    private readonly float[] _keep;

    /// <summary>Computes the probabilities for threshold t; 0 keeps every word.</summary>
    public Subsampler(WordVocabulary vocabulary, double threshold)
    {
        double total = 0;
        for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
            total += vocabulary.Count(row);
        _keep = new float[vocabulary.Rows];
        for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
        {
            double scaled = vocabulary.Count(row) / total / threshold;
            // A word that was never counted is as rare as can be.
            _keep[row] = threshold > 0 && scaled > 0 ? (float)Math.Min(1, (Math.Sqrt(scaled) + 1) / scaled) : 1;
        }
    }

    /// <summary>Probability that a token of this row is kept.</summary>
    public float KeepProbability(int row) => _keep[row];

    /// <summary>Decides about one token. Draws a number only where the decision is open.</summary>
    public bool Keeps(int row, ref CounterRandom random)
    {
        float keep = _keep[row];
        return keep >= 1 || (keep > 0 && random.NextSingle() < keep);
    }
}
