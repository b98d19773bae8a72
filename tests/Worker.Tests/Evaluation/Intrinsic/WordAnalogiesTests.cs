using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Worker.Tests.Evaluation.Intrinsic;

public class WordAnalogiesTests
{
    /// <summary>By falling frequency. woman - man + king is (-0.29, 1, 0.71), whose product with queen is 1.21, with princess 0.21; for prince it is the other way round.</summary>
    private static readonly (string Word, float[] Vector)[] s_words =
    [
        ("man", [1, 0, 0]), ("woman", [0, 1, 0]), ("king", [1, 0, 1]), ("queen", [0, 1, 1]), ("Woman", [0, 1, 0.5f]), ("prince", [1, 0, -1]), ("princess", [0, 1, -1]), ("stone", [-1, -1, -1]),
    ];

    private static readonly AnalogyFile s_file = new("file", [
        new AnalogySection("family", [new("man", "woman", "king", "queen"), new("MAN", "Woman", "prince", "Princess"), new("man", "woman", "uncle", "aunt")]),
        new AnalogySection("gram1", [new("king", "man", "queen", "stone")]),
        new AnalogySection("none", []),
    ]);

    [Fact]
    public void Sections_and_their_sums_are_counted()
    {
        WordAnalogies result = WordAnalogies.Of(Words(s_words), s_file, new Conventions(), 1);
        Assert.Equal([new("family", 3, 2, 2, 1.0), new("gram1", 1, 1, 0, 0.0), new AnalogyScore("none", 0, 0, 0, null)], result.Sections);
        Assert.Equal((new AnalogyScore("semantic", 3, 2, 2, 1), new AnalogyScore("syntactic", 1, 1, 0, 0)), (result.Semantic, result.Syntactic));
        Assert.Equal(new AnalogyScore("total", 4, 3, 2, 2 / 3.0), result.Total);
        Assert.Equal(9, result.Words);
        Assert.Equal(["uncle", "aunt"], result.Missing);
        Assert.Equal(new AnalogyScore("total", 4, 3, 2, 0.5), WordAnalogies.Of(Words(s_words), s_file, new Conventions { Missing = MissingWords.Zero }, 1).Total);
    }

    [Fact]
    public void A_variant_of_a_words_own_case_is_no_answer_where_case_does_not_count()
    {
        // Woman (0, 1, 0.5) has a larger cosine with woman - man + king than queen has, once king is nearly man.
        (string, float[])[] words = [("man", [1, 0, 0]), ("woman", [0, 1, 0]), ("king", [1, 0, 0.5f]), ("queen", [0, 1, 2]), ("Woman", [0, 1, 0.5f])];
        var file = new AnalogyFile("file", [new AnalogySection("family", [new("man", "woman", "king", "queen")])]);
        Assert.Equal(1, WordAnalogies.Of(Words(words), file, new Conventions(), 1).Total.Correct);
        Assert.Equal(0, WordAnalogies.Of(Words(words), file, new Conventions { CaseSensitive = true }, 1).Total.Correct);
        Assert.Null(WordAnalogies.Of(Words(words), file, new Conventions(), 1).Semantic); // there is no other kind
    }

    [Fact]
    public void Answers_are_looked_for_among_the_frequent_words()
    {
        Assert.Equal(2, WordAnalogies.Of(Words(s_words), s_file, new Conventions { Restrict = 7 }, 1).Sections[0].Correct);
        Assert.Equal(new AnalogyScore("family", 3, 1, 1, 1), WordAnalogies.Of(Words(s_words), s_file, new Conventions { Restrict = 6 }, 1).Sections[0]);
        Assert.Equal(new AnalogyScore("family", 3, 0, 0, null), WordAnalogies.Of(Words(s_words), s_file, new Conventions { Restrict = 3 }, 1).Sections[0]);
    }

    [Fact]
    public void A_question_that_leaves_no_word_to_answer_is_answered_wrongly()
    {
        var file = new AnalogyFile("file", [new AnalogySection("s", [new("a", "b", "c", "c")])]);
        Assert.Equal((1, 0), (WordAnalogies.Of(Words([("a", [1]), ("b", [1]), ("c", [1])]), file, new Conventions(), 1).Total is var t ? t.Covered : 0, t.Correct));
    }

    [Fact]
    public void Of_equally_good_answers_the_most_frequent_counts()
    {
        var file = new AnalogyFile("file", [new AnalogySection("s", [new("a", "b", "c", "first")])]);
        // The two stand in different blocks, which different threads search.
        (string, float[])[] fill = [.. Enumerable.Range(0, 300).Select(i => ($"f{i}", new float[] { -1, 0 }))];
        (string, float[])[] words = [("a", [0, 1]), ("b", [0, 1]), ("c", [1, 0]), ("first", [2, 0]), .. fill, ("second", [3, 0])];
        for (int threads = 1; threads <= 4; threads++)
            Assert.Equal(1, WordAnalogies.Of(Words(words), file, new Conventions(), threads).Total.Correct);
    }

    [Theory]
    [InlineData(AnalogyMethod.Add)]
    [InlineData(AnalogyMethod.Mul)]
    public void Answers_equal_those_of_brute_force(AnalogyMethod method)
    {
        Gen.Select(Gen.Int[1, 21], Gen.Int[5, 300], Gen.Int[1, 3], Gen.Int[0, int.MaxValue]).Sample(drawn =>
        {
            (int dimension, int count, int threads, int seed) = drawn;
            var random = new Random(seed);
            double[][] units = [.. Enumerable.Range(0, count).Select(_ => Unit([.. Enumerable.Range(0, dimension).Select(_ => (float)(random.NextDouble() - 0.5))]))];
            var words = new WordDirections(dimension);
            for (int i = 0; i < count; i++)
                words.Add($"w{i}", [.. units[i].Select(v => (float)v)]);
            int restrict = random.Next(5, count + 1);
            var questions = new List<AnalogyQuestion>();
            for (int q = 0; q < 20; q++)
            {
                int a = random.Next(restrict), b = random.Next(restrict), c = random.Next(restrict);
                (double Score, int Word)[] order = [.. Enumerable.Range(0, restrict).Where(x => x != a && x != b && x != c).Select(x => (Score(x, a, b, c), x)).OrderByDescending(s => s.Item1)];
                // Answers that are apart by no more than rounding are equally good.
                if (order.Length == 1 || order[0].Score - order[1].Score > 1e-4 * Math.Max(1, Math.Abs(order[0].Score)))
                    questions.Add(new AnalogyQuestion($"w{a}", $"w{b}", $"w{c}", $"w{order[0].Word}"));
            }

            var file = new AnalogyFile("random", [new AnalogySection("s", questions)]);
            WordAnalogies result = WordAnalogies.Of(words, file, new Conventions { Restrict = restrict, Method = method, CaseSensitive = seed % 2 == 0 }, threads);
            Assert.Equal((questions.Count, questions.Count), (result.Total.Covered, result.Total.Correct));

            double Score(int x, int a, int b, int c)
            {
                double withA = Dot(x, a), withB = Dot(x, b), withC = Dot(x, c);
                return method == AnalogyMethod.Add ? withB - withA + withC : (1 + withB) / 2 * ((1 + withC) / 2) / (((1 + withA) / 2) + 0.000001);
            }

            double Dot(int x, int y) => units[x].Zip(units[y], (u, v) => u * v).Sum();
        }, iter: 60);

        static double[] Unit(float[] vector)
        {
            double norm = Math.Sqrt(vector.Sum(v => (double)v * v));
            return [.. vector.Select(v => v / norm)];
        }
    }

    private static WordDirections Words(IReadOnlyList<(string Word, float[] Vector)> entries)
    {
        var words = new WordDirections(entries[0].Vector.Length);
        foreach ((string word, float[] vector) in entries)
            words.Add(word, vector);
        return words;
    }
}
