using CsCheck;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Evaluation;

public class ClassifierScoreTests
{
    [Fact]
    public void Scores_equal_a_count_by_hand() =>
        Gen.Select(Gen.Int[0, 2].Array[6], Gen.Int[0, 5].Array[0, 8], Gen.Float[0, 1].Array[24]).Sample((labels, examples, probabilities) =>
        {
            var data = new ExampleSet([0, 0, 0, 0, 0, 0, 0], [], labels);
            var score = ClassifierScore.Of(new Slice(0, 0, data, examples, 1, 1), probabilities.AsSpan(0, examples.Length * 3));
            double loss = 0;
            int correct = 0;
            for (int i = 0; i < examples.Length; i++)
            {
                float[] row = probabilities[(3 * i)..(3 * i + 3)];
                loss -= Math.Log(Math.Max(row[labels[examples[i]]], float.Epsilon));
                correct += Array.IndexOf(row, row.Max()) == labels[examples[i]] ? 1 : 0;
            }

            Assert.Equal((loss, examples.Length, correct, examples.Length), (score.LossSum, score.Examples, score.Sums[0], score.Sums[1]));
        });

    [Fact]
    public void Of_equal_probabilities_the_first_counts_and_a_zero_is_no_infinite_loss()
    {
        Assert.Equal(1, ClassifierScore.MostProbable([0.2f, 0.4f, 0.4f]));
        Assert.Equal(0, ClassifierScore.MostProbable([0, 0]));
        var score = ClassifierScore.Of(new Slice(0, 0, new ExampleSet([0, 0], [], [1]), new[] { 0 }, 1, 1), [1, 0]);
        Assert.Equal((-Math.Log(float.Epsilon), 0.0), (score.LossSum, score.Sums[0]));
    }
}
