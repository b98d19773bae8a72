using CsCheck;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class EntityScoreTests
{
    private static readonly string[] s_names = [.. EntityTags.Names(["LOC", "ORG", "PER"])];

    [Fact]
    public void Counts_are_those_of_conlleval_on_any_tags_of_any_sentences() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 6]).Array[0, 12].Array[0, 6].Sample(sentences =>
        {
            var sums = new double[5];
            var byType = new ClassScore[3];
            foreach ((int, int)[] sentence in sentences)
            {
                int[] gold = [.. sentence.Select(w => w.Item1)], predicted = [.. sentence.Select(w => w.Item2)];
                EntityScore.Add(sums, gold, predicted);
                EntityScore.AddByType(byType, gold, predicted);
            }

            var naive = new Conlleval();
            foreach ((int, int)[] sentence in sentences)
                naive.Read([.. sentence.Select(w => (s_names[w.Item1], s_names[w.Item2]))]);
            Assert.Equal([naive.CorrectChunk.Values.Sum(), naive.FoundGuessed.Values.Sum(), naive.FoundCorrect.Values.Sum(), naive.CorrectTags, naive.TokenCounter], sums);
            string[] types = ["LOC", "ORG", "PER"];
            Assert.Equal(types.Select(t => new ClassScore(naive.CorrectChunk.GetValueOrDefault(t), naive.FoundCorrect.GetValueOrDefault(t), naive.FoundGuessed.GetValueOrDefault(t))), byType);
        });

    [Fact]
    public void Measures_are_made_of_added_sums()
    {
        // Two sentences: an entity found, one of another type, one cut short.
        var sums = new double[5];
        EntityScore.Add(sums, [1, 2, 0, 3], [1, 2, 0, 5]);
        EntityScore.Add(sums, [3, 4, 4], [3, 4, 0]);
        Assert.Equal([1, 3, 3, 5, 7], sums);
        Assert.Equal([("f1", 1 / 3.0), ("precision", 1 / 3.0), ("recall", 1 / 3.0), ("tokenAccuracy", 5 / 7.0)], EntityScore.Measures.Of(sums).Values.Select(v => (v.Key, v.Value)));
        Assert.All(EntityScore.Measures.Of(new double[5]).Values, v => Assert.Equal(0, v.Value));
    }

    /// <summary>The state machine of the script of the CoNLL shared tasks, by its description: chunks start and end by a table of tags before and at a word.</summary>
    private sealed class Conlleval
    {
        public Dictionary<string, int> CorrectChunk { get; } = [];

        public Dictionary<string, int> FoundCorrect { get; } = [];

        public Dictionary<string, int> FoundGuessed { get; } = [];

        public int CorrectTags { get; private set; }

        public int TokenCounter { get; private set; }

        public void Read((string Gold, string Guess)[] sentence)
        {
            bool inCorrect = false;
            (string lastGold, string lastGuess) = ("O", "O");
            foreach ((string gold, string guess) in sentence.Append(("O", "O")))
            {
                bool goldEnds = Ends(lastGold, gold), guessEnds = Ends(lastGuess, guess);
                if (inCorrect)
                {
                    if (goldEnds && guessEnds && Type(lastGold) == Type(lastGuess))
                    {
                        inCorrect = false;
                        Count(CorrectChunk, Type(lastGold));
                    }
                    else if (goldEnds != guessEnds || Type(gold) != Type(guess))
                    {
                        inCorrect = false;
                    }
                }

                bool goldStarts = Starts(lastGold, gold), guessStarts = Starts(lastGuess, guess);
                if (goldStarts && guessStarts && Type(gold) == Type(guess))
                    inCorrect = true;
                if (goldStarts)
                    Count(FoundCorrect, Type(gold));
                if (guessStarts)
                    Count(FoundGuessed, Type(guess));
                (lastGold, lastGuess) = (gold, guess);
            }

            CorrectTags += sentence.Count(w => w.Gold == w.Guess);
            TokenCounter += sentence.Length;
        }

        private static bool Ends(string before, string tag) =>
            before != "O" && (tag[0] is 'B' or 'O' || Type(before) != Type(tag));

        private static bool Starts(string before, string tag) =>
            tag[0] == 'B' || (tag[0] == 'I' && (before == "O" || Type(before) != Type(tag)));

        private static string Type(string tag) => tag == "O" ? "" : tag[2..];

        private static void Count(Dictionary<string, int> counts, string type) => counts[type] = counts.GetValueOrDefault(type) + 1;
    }
}
