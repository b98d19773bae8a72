using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Testing;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

public sealed class PhraseTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // 13 words. new york: (3 - 1) / 4 / 3 * 13 = 2.17. york city: (2 - 1) / 3 / 2 * 13 = 2.17 too.
    [Fact]
    public void A_pair_above_the_threshold_is_joined_and_a_word_just_joined_is_not_joined_again()
    {
        _folder.Write("a.txt", "in new york city\nnew york city\nnew\nis new york x x\n");
        PreparedData data = Prepare(new PhrasesSpec { Thresholds = [2], MinCount = 1 });
        Assert.Equal(["in new_york city", "new_york city", "new", "is new_york x x"], data.Lines());
        Assert.Equal(3, data.Vocabulary.Count(data.Vocabulary.RowOf("new_york")));
        Assert.False(data.Vocabulary.TryRowOf("york", out _));
        Assert.Equal(1, data.Vocabulary.Count(data.Vocabulary.RowOf("new")));
        Assert.Equal(
            ["text: 13 tokens, 6 words, in 4 lines", "phrases, pass 1: 2 score above 2, joined 3 times; the best: new_york, york_city", "text: 10 tokens, 6 words, in 4 lines"],
            data.Notes.Take(3));
    }

    [Fact]
    public void A_pair_that_scores_exactly_the_threshold_is_not_joined()
    {
        _folder.Write("a.txt", "a b\na b\nc d e f\n"); // a b: (2 - 1) / 2 / 2 * 8 = 2
        Assert.Equal(["a b", "a b", "c d e f"], Prepare(new PhrasesSpec { Thresholds = [2], MinCount = 1 }).Lines());
        Assert.Equal(["a_b", "a_b", "c d e f"], Prepare(new PhrasesSpec { Thresholds = [Math.BitDecrement(2)], MinCount = 1 }).Lines());
    }

    [Fact]
    public void Later_passes_find_longer_phrases_with_thresholds_of_their_own()
    {
        _folder.Write("a.txt", string.Concat(Enumerable.Repeat("los angeles times\n", 4)) + "los angeles\ntimes\na b c d e f g h\n");
        Assert.Contains("los_angeles_times", Prepare(new PhrasesSpec { Thresholds = [1, 1], MinCount = 1 }).Lines());
        Assert.DoesNotContain("los_angeles_times", Prepare(new PhrasesSpec { Thresholds = [1, 1e6], MinCount = 1 }).Lines());
        Assert.Contains("los+angeles times", Prepare(new PhrasesSpec { Thresholds = [1], MinCount = 1, Separator = "+" }).Lines());
    }

    [Fact]
    public void Text_without_phrases_is_what_it_was_and_the_count_of_a_pair_takes_part()
    {
        _folder.Write("a.txt", "a b\na b\na b\nc d\n");
        string[] lines = ["a b", "a b", "a b", "c d"];
        PreparedData none = Prepare(new PhrasesSpec { Thresholds = [1e9], MinCount = 1 });
        Assert.Equal(lines, none.Lines());
        Assert.Contains("phrases, pass 1: 0 score above 1000000000, joined 0 times", none.Notes);
        // 3 pairs less 3 is no score, less 2 is one.
        Assert.Equal(lines, Prepare(new PhrasesSpec { Thresholds = [0.1], MinCount = 3 }).Lines());
        Assert.Equal(["a_b", "a_b", "a_b", "c d"], Prepare(new PhrasesSpec { Thresholds = [0.1], MinCount = 2 }).Lines());
    }

    [Fact]
    public void A_phrase_that_the_text_has_as_a_word_is_that_word()
    {
        _folder.Write("a.txt", "a_b x\na b\na b\n");
        PreparedData data = Prepare(new PhrasesSpec { Thresholds = [0.1], MinCount = 1 });
        Assert.Equal(["a_b x", "a_b", "a_b"], data.Lines());
        Assert.Equal(3, data.Vocabulary.Count(data.Vocabulary.RowOf("a_b")));
    }

    [Fact]
    public void Phrases_are_those_of_a_plain_reading_of_words_as_text()
    {
        Gen<string[]> sentence = Gen.OneOfConst("a", "b", "c", "d", "a_b").Array[0, 9];
        Gen.Select(sentence.Array[1, 25], Gen.Double[0.2, 3], Gen.Double[0.2, 3], Gen.Int[1, 3]).Sample((text, first, second, minCount) =>
        {
            string[][] expected = text;
            foreach (double threshold in new[] { first, second })
                expected = Naive(expected, threshold, minCount);
            if (expected.All(s => s.Length < 2))
                return; // there is nothing to learn, which is an error
            _folder.Write("a.txt", string.Join('\n', text.Select(s => string.Join(' ', s))));
            PreparedData data = Prepare(new PhrasesSpec { Thresholds = [first, second], MinCount = minCount });
            Assert.Equal(expected.Where(s => s.Length > 0).Select(s => string.Join(' ', s)), data.Lines());
            foreach (var word in expected.SelectMany(s => s).CountBy(w => w))
                Assert.Equal(word.Value, data.Vocabulary.Count(data.Vocabulary.RowOf(word.Key)));
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void Pairs_counted_in_parts_are_the_same() => Gen.Int[0, 12].Array[2, 300].Sample(tokens =>
    {
        var counts = new long[13];
        foreach (int token in tokens)
            counts[token]++;
        var spec = new PhrasesSpec { MinCount = 1 };
        int[] starts = [0, tokens.Length / 2, tokens.Length];
        Assert.Equal(
            new PhraseFinder(spec).Find(tokens, starts, counts, 0.5).OrderBy(p => p.Key),
            new PhraseFinder(spec, mostPairs: 7).Find(tokens, starts, counts, 0.5).OrderBy(p => p.Key));
    }, iter: 200);

    [Fact]
    public void A_line_by_itself_is_not_encoded_where_phrases_are_joined() =>
        Assert.Throws<NotSupportedException>(() => new LineEncoder(new PlainTextData { Files = [], Phrases = new PhrasesSpec() }, new WordVocabulary([], [])));

    private PreparedData Prepare(PhrasesSpec phrases) =>
        DataPreparation.Prepare(new PlainTextData { Root = _folder.Path, Files = ["a.txt"], Tokenizer = TokenizerKind.Whitespace, Phrases = phrases }, 1);

    // word2phrase.c in plain code, but that pairs do not span lines in counting either, and that a pair is not counted together with a word of the same letters.
    private static string[][] Naive(string[][] text, double threshold, int minCount)
    {
        Dictionary<string, int> words = text.SelectMany(s => s).CountBy(w => w).ToDictionary();
        Dictionary<(string, string), int> pairs = text.SelectMany(s => s.Zip(s.Skip(1))).CountBy(p => p).ToDictionary();
        double all = words.Values.Sum();
        return [.. text.Select(sentence =>
        {
            var joined = new List<string>();
            bool isOpen = false;
            string last = "";
            foreach (string word in sentence)
            {
                isOpen = isOpen && words[last] >= minCount && words[word] >= minCount && pairs[(last, word)] >= minCount
                    && (pairs[(last, word)] - minCount) / (double)words[last] / words[word] * all > threshold;
                if (isOpen)
                    joined[^1] += "_" + word;
                else
                    joined.Add(word);
                // What was just joined is not joined to the next.
                (isOpen, last) = (!isOpen, word);
            }

            return joined.ToArray();
        })];
    }
}
