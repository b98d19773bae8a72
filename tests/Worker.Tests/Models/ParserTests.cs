using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Models.Parsing;
using DistEmbed.Worker.Tests.Models.Parsing;

namespace DistEmbed.Worker.Tests.Models;

public class ParserTests
{
    private const int Rows = 9;
    private static readonly ExampleSet s_sentences = Treebank.Sentences(5, [2, 3, 4, 5], [], [6], [1, 7, 8, 2, 2, 3, 4]);

    [Fact]
    public void What_it_predicts_is_a_tree_with_one_root_whatever_the_weights() => Gen.Int.Sample(
        seed =>
        {
            using var model = new Parser(new ParserSpec { Hidden = 5, SymbolDimension = 2 }, Rows, 3, Treebank.Relations, Treebank.Tags, 0.25f);
            (PreparedSlice prepared, float[][] values) = Ready(model, seed);
            float[] predictions = model.Predict(prepared, values);
            int at = 0;
            for (int example = 0; example < s_sentences.Count; example++)
            {
                int words = s_sentences.Tokens(example).Length;
                int[] heads = [.. Enumerable.Range(0, words).Select(word => (int)predictions[at + (2 * word)])];
                Assert.All(Enumerable.Range(0, words), word => Assert.InRange(predictions[at + (2 * word) + 1], 0, Treebank.Relations - 1));
                Assert.Equal(words > 0, ParserOracle.Derives(heads));
                at += 2 * words;
            }

            Assert.Equal(predictions.Length, at + s_sentences.Count);
        },
        iter: 20, threads: 1);

    [Fact]
    public void The_loss_of_an_evaluation_is_that_of_training_without_dropout()
    {
        using var model = new Parser(new ParserSpec { Hidden = 5, SymbolDimension = 2, Dropout = 0, Activation = ParserActivation.Relu }, Rows, 3, Treebank.Relations, Treebank.Tags, 0.25f);
        (PreparedSlice prepared, float[][] values) = Ready(model, 3);
        SliceLoss loss = model.Train(prepared, values, new float[]?[values.Length]);
        SliceScore score = model.Score(prepared, model.Predict(prepared, values));
        Assert.Equal(loss.Sum, score.LossSum, 1e-4);
        Assert.Equal((s_sentences.Count, 2 * s_sentences.TokenCount), (loss.Count, loss.Judged));
        Assert.Equal((s_sentences.Count, s_sentences.TokenCount), (score.Examples, (int)score.Sums[2]));
    }

    [Fact]
    public void Attachment_counts_heads_and_relations_of_tokens_whose_head_is_known()
    {
        double[] sums = new double[3];
        AttachmentScore.Add(sums, [2, 0, 2, -1], [0, 1, 2, -1], [2, 0, 1, 1], [0, 2, 2, 0]);
        Assert.Equal([1, 2, 3], sums);
        Assert.Equal([1 / 3.0, 2 / 3.0], AttachmentScore.Measures.Of(sums).Values.Select(v => v.Value));
        // A relation that training does not know is right for nobody.
        AttachmentScore.Add(sums, [0], [HeadAnnotations.None], [0], [1]);
        Assert.Equal([1, 3, 4], sums);
    }

    private static (PreparedSlice Prepared, float[][] Values) Ready(Parser model, int seed)
    {
        var random = new Random(seed);
        PreparedSlice prepared = model.Prepare(new Slice(0, 0, s_sentences, Enumerable.Range(0, s_sentences.Count).ToArray(), s_sentences.Count, 1));
        return (prepared, [.. model.Tables.Select((table, i) => Enumerable.Range(0, Math.Max(1, prepared.Rows[i].Length) * table.Dimension).Select(_ => (float)((random.NextDouble() * 2) - 1)).ToArray())]);
    }
}
