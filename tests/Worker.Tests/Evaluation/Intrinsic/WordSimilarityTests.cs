using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Worker.Tests.Evaluation.Intrinsic;

public class WordSimilarityTests
{
    /// <summary>By falling frequency; Sun and sun differ in case alone.</summary>
    private static readonly (string Word, float[] Vector)[] s_words =
    [
        ("sun", [2, 0]), ("moon", [0, 3]), ("Sun", [0, -1]), ("star", [1, 1]), ("sky", [-5, 0]), ("nothing", [0, 0]),
    ];

    private static readonly WordPairFile s_pairs = new("pairs", [
        new WordPair("sun", "star", 9), // 0.7071
        new WordPair("Sun", "moon", 4), // 0, or -1 where case counts
        new WordPair("sun", "sky", 1), // -1
        new WordPair("moon", "comet", 7), // missing
    ]);

    [Fact]
    public void Case_does_not_count_and_the_most_frequent_word_stands_for_its_variants()
    {
        WordSimilarity result = WordSimilarity.Of(Words(), s_pairs, new Conventions());
        Assert.Equal(("pairs", 4, 3, 5), (result.Set, result.Pairs, result.Covered, result.Words));
        Assert.Equal(["comet"], result.Missing);
        Assert.Equal(1, result.Correlation.Spearman!.Value, 14);
        // Scores 9, 4, 1 and cosines 0.7071, 0, -1.
        Assert.Equal(RankCorrelation.Of([9, 4, 1], [Math.Sqrt(0.5), 0, -1]).Pearson!.Value, result.Correlation.Pearson!.Value, 7);
    }

    [Fact]
    public void Where_case_counts_words_are_as_they_are_written()
    {
        WordSimilarity result = WordSimilarity.Of(Words(), s_pairs, new Conventions { CaseSensitive = true });
        Assert.Equal((3, 6), (result.Covered, result.Words));
        Assert.Equal(RankCorrelation.Of([9, 4, 1], [Math.Sqrt(0.5), -1, -1]).Spearman, result.Correlation.Spearman);
    }

    [Fact]
    public void Missing_words_can_count_as_no_similarity()
    {
        WordSimilarity result = WordSimilarity.Of(Words(), s_pairs, new Conventions { Missing = MissingWords.Zero });
        Assert.Equal((4, 3), (result.Pairs, result.Covered));
        Assert.Equal(RankCorrelation.Of([9, 4, 1, 7], [1, 0, -1, 0]).Spearman, result.Correlation.Spearman);
    }

    [Fact]
    public void Rare_words_are_missing_where_only_the_frequent_count()
    {
        WordSimilarity result = WordSimilarity.Of(Words(), s_pairs, new Conventions { Restrict = 4 });
        Assert.Equal(["sky", "comet"], result.Missing);
        Assert.Equal(2, result.Covered);
        // Sun has rank 3, sun rank 1: with two words only the latter is there, and it stands for both.
        Assert.Equal(["star", "sky", "comet"], WordSimilarity.Of(Words(), s_pairs, new Conventions { Restrict = 2 }).Missing);
        Assert.Equal(["star", "Sun", "sky", "comet"], WordSimilarity.Of(Words(), s_pairs, new Conventions { Restrict = 2, CaseSensitive = true }).Missing);
    }

    [Fact]
    public void A_zero_vector_is_similar_to_nothing_and_one_that_is_not_finite_is_none()
    {
        WordDirections words = Words();
        words.Add("hole", [float.NaN, 1]);
        words.Add("burst", [1, float.PositiveInfinity]);
        words.Add("vast", [float.MaxValue, float.MaxValue]);
        Assert.Equal((2, 7), (words.NotFinite, words.Words.Count));
        Assert.Equal(0, words.Cosine(0, 5));
        Assert.Equal(Math.Sqrt(0.5), words.Cosine(0, 6), 7);
        Assert.Throws<ArgumentException>(() => words.Add("flat", [1]));
    }

    [Fact]
    public void A_tables_rows_may_come_in_any_order()
    {
        var vocabulary = new WordVocabulary([.. Enumerable.Range(0, 300).Select(i => $"w{i}")], [.. Enumerable.Range(0, 300).Select(i => 300L - i)]);
        var words = WordDirections.Of(vocabulary, 3, 290, visitor =>
        {
            for (int row = vocabulary.Rows - 1; row >= 0; row--)
                visitor(row, row % 100 == 7 ? [1, float.NaN, 0] : [row, 0, -2 * row]);
        });
        Assert.Equal(Enumerable.Range(0, 290).Where(i => (i + 2) % 100 != 7).Select(i => $"w{i}"), words.Words); // rows 7, 107 and 207 are left out
        Assert.Equal(3, words.NotFinite);
        Assert.All(Enumerable.Range(0, words.Words.Count), i => Assert.Equal([(float)Math.Sqrt(0.2), 0, (float)-Math.Sqrt(0.8)], words[i].ToArray()));
    }

    private static WordDirections Words()
    {
        var words = new WordDirections(2);
        foreach ((string word, float[] vector) in s_words)
            words.Add(word, vector);
        return words;
    }
}
