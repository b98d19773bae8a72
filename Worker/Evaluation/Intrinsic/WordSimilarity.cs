using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>How the cosines of word pairs agree with people's judgements.</summary>
/// <param name="Set">Name of the set.</param>
/// <param name="Pairs">Pairs of the set.</param>
/// <param name="Covered">Pairs of which both words have a vector.</param>
/// <param name="Words">Distinct words of the set.</param>
/// <param name="Missing">Those without a vector, in the order of the file.</param>
/// <param name="Correlation">
/// Over the covered pairs, or over all of them, the others with similarity 0, where <see cref="Conventions.Missing"/> is <see cref="MissingWords.Zero"/>.
/// </param>
public sealed record WordSimilarity(string Set, int Pairs, int Covered, int Words, IReadOnlyList<string> Missing, RankCorrelation Correlation)
{
    /// <summary>Measures a set.</summary>
    /// <param name="words">The vectors.</param>
    /// <param name="set">The pairs.</param>
    /// <param name="conventions">What counts, and how.</param>
    public static WordSimilarity Of(WordDirections words, WordPairFile set, Conventions conventions)
    {
        var places = new WordPlaces(words.Words, set.Pairs.SelectMany(pair => (string[])[pair.First, pair.Second]), conventions);
        List<double> people = [], cosines = [];
        int covered = 0;
        foreach (WordPair pair in set.Pairs)
        {
            if (places[pair.First] is { } first && places[pair.Second] is { } second)
            {
                covered++;
                cosines.Add(words.Cosine(first, second));
            }
            else if (conventions.Missing == MissingWords.Zero)
            {
                cosines.Add(0);
            }
            else
            {
                continue;
            }

            people.Add(pair.Score);
        }

        return new WordSimilarity(set.Name, set.Pairs.Count, covered, places.Asked, places.Missing, RankCorrelation.Of(people, cosines));
    }
}
