using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;

namespace DistEmbed.Worker.Tests.Models;

public class TaggerTests
{
    private const int Tags = 5;

    // Words of row 6 and above are seen once.
    private static readonly WordVocabulary Words = new(["a", "b", "c", "d", "e", "f", "g", "h"], [9, 8, 7, 6, 1, 1, 1, 1]);

    private static readonly ExampleSet Data = Tagged(
        ([2, 3, 4, 2, 5], [0, 1, 2, 0, 3]), ([], []), ([7], [1]), ([3, 0, 8, 1, 3], [3, 4, 4, 0, 0]), ([4, 4, 6, 9, 9, 2, 3], [0, 0, 0, 1, 1, 2, 0]));

    [Fact]
    public void Tags_and_losses_do_not_depend_on_neighbours()
    {
        var parameters = new TextCnnParameters(Model(dropout: 0.5f), seed: 3);
        float[] together = parameters.Predict(Whole(Data, step: 0));
        int at = 0;
        for (int example = 0; example < Data.Count; example++)
        {
            int words = Data.Tokens(example).Length;
            float[] alone = parameters.Predict(new Slice(0, 0, Data, new[] { example }, 1, 7));
            Assert.Equal(together[at..(at + words)], alone[..words]);
            Assert.Equal(together[Data.TokenCount + example], alone[words], 1e-4f);
            at += words;
        }
    }

    [Fact]
    public void Training_and_evaluation_agree_on_loss_and_tags_where_nothing_is_drawn()
    {
        var parameters = new TextCnnParameters(Model(unknownRate: 0), seed: 4);
        SliceLoss loss = parameters.Train(Whole(Data)).Loss;
        PreparedSlice prepared = parameters.Model.Prepare(Whole(Data, step: 0));
        SliceScore score = parameters.Model.Score(prepared, parameters.Model.Predict(prepared, parameters.Pull(prepared)));
        Assert.Equal(loss.Sum, score.LossSum, 1e-4);
        Assert.Equal((Data.Count, Data.TokenCount), (score.Examples, loss.Judged));
        Assert.Equal(loss.Correct, score.Sums[3]);
    }

    [Fact]
    public void Words_seen_once_are_read_as_unknown_in_training_alone()
    {
        var model = Model(unknownRate: 0.5f);
        int[] known = model.Prepare(Whole(Data, step: 0)).Rows[0];
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], known);
        int[][] read = [.. Enumerable.Range(1, 60).Select(step => model.Prepare(Whole(Data, step)).Rows[0])];
        Assert.All(read, rows => Assert.Equal([1, 2, 3, 4, 5], rows.Where(r => r < 6)));
        Assert.InRange(read.Count(rows => rows.Contains(7)), 15, 45);
        Assert.Equal(known, Model(unknownRate: 0).Prepare(Whole(Data)).Rows[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Entities_are_learned_from_words_and_case(bool crf)
    {
        // One word is an entity where it is written with a capital, which its vector does not say.
        ExampleSet data = Cased(([2, 3], [0, 1], [1, 3]), ([2, 3], [0, 0], [1, 1]), ([3, 3, 4], [3, 4, 0], [3, 3, 1]), ([4, 3, 3], [0, 0, 0], [1, 1, 1]));
        var parameters = new TextCnnParameters(Model(crf: crf), seed: 5);
        SliceLoss loss = default;
        for (int step = 1; step <= 300; step++)
        {
            (loss, float[]?[] gradients) = parameters.Train(Whole(data, step));
            parameters.Descend(gradients, 0.5f);
        }

        Assert.Equal(data.TokenCount, loss.Correct);
    }

    [Fact]
    public void Tables_are_those_that_freezing_and_optimizers_name()
    {
        var spec = new TaggerSpec { Hidden = 4, CaseDimension = 3 };
        using var model = new Tagger(spec, Words, dimension: 5, Tags, embeddingRange: 0.25f);
        Assert.Equal(spec.Groups, model.Tables.Select(t => t.Group).Distinct());
        Assert.Equal([("embedding", 10, 5), ("case", WordCases.Count, 3), ("lstm1.forward.input", 16, 8)], model.Tables.Take(3).Select(t => (t.Name, t.Rows, t.Dimension)));
        Assert.Equal([("output.weight", 5, 8), ("output.bias", 1, 5), ("crf.transition", 5, 5), ("crf.ends", 2, 5)], model.Tables.TakeLast(4).Select(t => (t.Name, t.Rows, t.Dimension)));
        TaggerSpec bare = spec with { CaseDimension = 0, Crf = false };
        using var less = new Tagger(bare, Words, dimension: 5, Tags, embeddingRange: 0.25f);
        Assert.Equal(bare.Groups, less.Tables.Select(t => t.Group).Distinct());
        Assert.Equal(["embedding", "lstm1", "output"], bare.Groups);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Tagger(spec, Words, 5, tags: 4, 0.25f));
    }

    private static Tagger Model(int caseDimension = 3, bool crf = true, float dropout = 0, float unknownRate = 0.5f) =>
        new(new TaggerSpec { Hidden = 4, CaseDimension = caseDimension, Crf = crf, Dropout = dropout, UnknownRate = unknownRate }, Words, dimension: 5, Tags, embeddingRange: 0.25f);

    internal static ExampleSet Tagged(params (int[] Tokens, int[] Tags)[] examples) =>
        Cased([.. examples.Select(e => (e.Tokens, e.Tags, e.Tokens.Select(t => t % WordCases.Count).ToArray()))]);

    private static ExampleSet Cased(params (int[] Tokens, int[] Tags, int[] Cases)[] examples)
    {
        int[] starts = [0, .. examples.Select((_, i) => examples.Take(i + 1).Sum(e => e.Tokens.Length))];
        return new ExampleSet(
            starts, [.. examples.SelectMany(e => e.Tokens)], [.. examples.Select(_ => -1)], [.. starts.Select(s => 2 * s)], [.. examples.SelectMany(e => TagAnnotations.Of(e.Tags, e.Cases))]);
    }
}
