using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

/// <summary>The chain against all sequences one by one.</summary>
public class TagChainTests
{
    private const int Tags = 5;

    public static TheoryData<int, int, bool> Cases => new() { { 1, 1, true }, { 2, 2, true }, { 3, 3, true }, { 4, 5, true }, { 5, 1, false }, { 6, 4, false } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_is_what_all_sequences_say(int seed, int length, bool constrained)
    {
        var chain = new Drawn(seed, length, constrained);
        double all = Math.Log(chain.Sequences().Sum(s => Math.Exp(chain.Score(s))));
        foreach (int[] gold in chain.Sequences().Take(50))
            Assert.Equal(all - chain.Score(gold), chain.Chain().Loss(chain.Words, gold, 0, default, default, default), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_decoded_sequence_is_the_best_of_all_that_are_allowed(int seed, int length, bool constrained)
    {
        var chain = new Drawn(seed, length, constrained);
        var best = new int[length];
        chain.Chain().Decode(chain.Words, best);
        Assert.Equal(chain.Sequences().MaxBy(chain.Score)!, best);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_the_differences_of_the_loss(int seed, int length, bool constrained)
    {
        var chain = new Drawn(seed, length, constrained);
        int[] gold = chain.Sequences().ElementAt(seed % chain.Sequences().Count());
        var words = new float[length * Tags];
        double[] transitions = new double[Tags * Tags], ends = new double[2 * Tags];
        chain.Chain().Loss(chain.Words, gold, 0.5, words, transitions, ends);
        Compare(chain.Words, [.. words.Select(w => (double)w)]);
        if (!constrained)
            return;
        Compare(chain.Transitions, transitions);
        Compare(chain.Ends, ends);

        void Compare(float[] parameters, double[] gradient)
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                float kept = parameters[i];
                parameters[i] = kept + 0.01f;
                double above = chain.Chain().Loss(chain.Words, gold, 0, default, default, default);
                parameters[i] = kept - 0.01f;
                double below = chain.Chain().Loss(chain.Words, gold, 0, default, default, default);
                parameters[i] = kept;
                Assert.Equal(0.5 * (above - below) / 0.02, gradient[i], 2e-4);
            }
        }
    }

    [Fact]
    public void Scores_far_apart_and_long_sentences_stay_finite()
    {
        var chain = new Drawn(7, 400, constrained: true);
        for (int i = 0; i < chain.Words.Length; i++)
            chain.Words[i] *= 150;
        var best = new int[400];
        chain.Chain().Decode(chain.Words, best);
        double loss = chain.Chain().Loss(chain.Words, best, 0, default, default, default);
        Assert.InRange(loss, -1e-6, 400);
        var gradient = new float[chain.Words.Length];
        chain.Chain().Loss(chain.Words, best, 1, gradient, new double[Tags * Tags], new double[2 * Tags]);
        Assert.All(gradient, g => Assert.InRange(g, -1.001f, 1.001f));
    }

    [Fact]
    public void A_number_that_is_none_shows_in_the_loss()
    {
        var chain = new Drawn(8, 3, constrained: true);
        chain.Words[4] = float.NaN;
        Assert.True(double.IsNaN(chain.Chain().Loss(chain.Words, [0, 0, 0], 0, default, default, default)));
    }

    private sealed class Drawn
    {
        private readonly int _length;
        private readonly bool _constrained;

        public Drawn(int seed, int length, bool constrained)
        {
            var random = new Random(seed);
            (_length, _constrained) = (length, constrained);
            Words = Numbers(length * Tags);
            Transitions = Numbers(Tags * Tags);
            Ends = Numbers(2 * Tags);
            float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 4) - 2))];
        }

        public float[] Words { get; }

        public float[] Transitions { get; }

        public float[] Ends { get; }

        public TagChain Chain() => _constrained ? TagChain.Constrained(Tags, Transitions, Ends) : TagChain.Unconstrained(Tags);

        public double Score(int[] tags)
        {
            double score = tags.Select((tag, word) => (double)Words[(word * Tags) + tag]).Sum();
            if (!_constrained)
                return score;
            score += Ends[tags[0]] + Ends[Tags + tags[^1]];
            return score + tags.Skip(1).Zip(tags, (tag, before) => (double)Transitions[(before * Tags) + tag]).Sum();
        }

        /// <summary>All sequences that may be: B-X and I-X may be followed by I-X, nothing else may, nor may a sentence start with it.</summary>
        public IEnumerable<int[]> Sequences()
        {
            string[] names = ["O", "B-x", "I-x", "B-y", "I-y"];
            for (int code = 0; code < Math.Pow(Tags, _length); code++)
            {
                int[] tags = [.. Enumerable.Range(0, _length).Select(word => code / (int)Math.Pow(Tags, word) % Tags)];
                bool fine = tags.Select((tag, word) => names[tag][0] != 'I' || (word > 0 && names[tags[word - 1]].EndsWith(names[tag][1..], StringComparison.Ordinal))).All(b => b);
                if (fine || !_constrained)
                    yield return tags;
            }
        }
    }
}
