using DistEmbed.Protocol;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

public class NegativeSamplerTests
{
    [Theory]
    [InlineData(0.75)]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-0.5)]
    public void Words_are_drawn_in_proportion_to_their_count_to_the_exponent(double exponent)
    {
        const int words = 100, draws = 500_000;
        var counts = Enumerable.Range(0, words).Select(i => i % 10 == 9 ? 0L : 50_000L / (i + 1)).ToArray();
        var sampler = new NegativeSampler(Vocabulary(counts), exponent);
        var drawn = new int[words + WordVocabulary.FirstWordRow];
        var random = new CounterRandom(1, RandomPurpose.Sampling);
        for (int i = 0; i < draws; i++)
            drawn[sampler.Next(ref random)]++;

        double total = counts.Where(c => c > 0).Sum(c => Math.Pow(c, exponent)), chiSquare = 0;
        Assert.Equal(0, drawn[WordVocabulary.PaddingRow] + drawn[WordVocabulary.UnknownRow]);
        for (int i = 0; i < words; i++)
        {
            double expected = counts[i] > 0 ? draws * Math.Pow(counts[i], exponent) / total : 0;
            if (expected == 0)
                Assert.Equal(0, drawn[i + WordVocabulary.FirstWordRow]);
            else
                chiSquare += Math.Pow(drawn[i + WordVocabulary.FirstWordRow] - expected, 2) / expected;
        }
        // 89 degrees of freedom: mean 89, standard deviation 13.3.
        Assert.InRange(chiSquare, 89 - 4 * 13.3, 89 + 4 * 13.3);
    }

    [Fact]
    public void A_vocabulary_without_counts_is_refused_with_what_to_do()
    {
        var error = Assert.Throws<InvalidInputException>(() => new NegativeSampler(Vocabulary(0, 0), 0.75));
        Assert.Contains("2 words", Assert.Single(error.Errors).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Frequent_words_are_kept_with_word2vecs_probability()
    {
        const double threshold = 1e-3;
        const int draws = 200_000;
        var vocabulary = Vocabulary(60_000, 30_000, 9_000, 900, 99, 1, 0);
        var subsampler = new Subsampler(vocabulary, threshold);
        var random = new CounterRandom(2, RandomPurpose.Sampling);
        for (int row = WordVocabulary.FirstWordRow; row < vocabulary.Rows; row++)
        {
            double frequency = vocabulary.Count(row) / 100_000.0;
            double expected = frequency == 0 ? 1 : Math.Min(1, (Math.Sqrt(frequency / threshold) + 1) * threshold / frequency);
            Assert.Equal(expected, subsampler.KeepProbability(row), 1e-6);
            int kept = 0;
            for (int i = 0; i < draws; i++)
                kept += subsampler.Keeps(row, ref random) ? 1 : 0;
            Assert.Equal(expected, kept / (double)draws, 5 * Math.Sqrt(expected * (1 - expected) / draws));
        }
    }

    [Fact]
    public void Without_a_threshold_all_words_are_kept_and_padding_and_unknown_words_never_are()
    {
        var random = new CounterRandom(2, RandomPurpose.Sampling);
        foreach (double threshold in new[] { 0, 1e-3 })
        {
            var subsampler = new Subsampler(Vocabulary(100, 10), threshold);
            Assert.False(subsampler.Keeps(WordVocabulary.PaddingRow, ref random));
            Assert.False(subsampler.Keeps(WordVocabulary.UnknownRow, ref random));
        }
        var all = new Subsampler(Vocabulary(100, 10), 0);
        Assert.Equal([1f, 1f], [all.KeepProbability(2), all.KeepProbability(3)]);
    }

    private static WordVocabulary Vocabulary(params long[] counts) => new([.. counts.Select((_, i) => $"w{i}")], counts);
}
