using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Tests.Models;

/// <summary>A small text of random words, models over it, and rows to train on.</summary>
internal static class Word2VecFixture
{
    public static readonly WordVocabulary Vocabulary = new(
        [.. Enumerable.Range(0, 40).Select(i => $"w{i}")], [.. Enumerable.Range(0, 40).Select(i => 400L / (i + 1))]);

    public static Word2VecModel Model(string kind, int dimension, bool fullError = true, int negatives = 5, int window = 5, double subsample = 0) => kind switch
    {
        "cbow-hierarchy" => new CbowModel(
            new CbowSpec { FullError = fullError, Output = WordOutput.HierarchicalSoftmax, Window = window, Subsample = subsample }, Vocabulary, dimension),
        "skip-gram-hierarchy" => new SkipGramModel(
            new SkipGramSpec { Output = WordOutput.HierarchicalSoftmax, Window = window, Subsample = subsample }, Vocabulary, dimension),
        "cbow" => new CbowModel(
            new CbowSpec { FullError = fullError, Negatives = negatives, Window = window, Subsample = subsample }, Vocabulary, dimension),
        _ => new SkipGramModel(new SkipGramSpec { Negatives = negatives, Window = window, Subsample = subsample }, Vocabulary, dimension),
    };

    public static ExampleSet Sentences(params int[][] sentences)
    {
        var starts = new int[sentences.Length + 1];
        for (int i = 0; i < sentences.Length; i++)
            starts[i + 1] = starts[i] + sentences[i].Length;
        return new ExampleSet(starts, [.. sentences.SelectMany(s => s)], [.. sentences.Select(_ => -1)]);
    }

    public static ExampleSet RandomSentences(int count, int longest)
    {
        var random = new CounterRandom(5, RandomPurpose.DataSplit);
        var sentences = new int[count][];
        for (int i = 0; i < count; i++)
        {
            sentences[i] = new int[random.NextInt(longest) + 1];
            for (int j = 0; j < sentences[i].Length; j++)
                sentences[i][j] = random.NextInt(Vocabulary.Rows);
        }
        return Sentences(sentences);
    }

    public static Slice SliceOf(ExampleSet data, int step = 1, int index = 0, ulong seed = 11)
        => new(step, index, data, Enumerable.Range(0, data.Count).ToArray(), data.Count, seed);

    /// <summary>Values of both whole tables: padding and unknown zero, the rest uniform within plus and minus the range.</summary>
    public static float[][] WholeTables(int dimension, float range)
    {
        var random = new CounterRandom(3, RandomPurpose.RowInitialization);
        var tables = new float[2][];
        for (int t = 0; t < 2; t++)
        {
            tables[t] = new float[Vocabulary.Rows * dimension];
            for (int i = WordVocabulary.FirstWordRow * dimension; i < tables[t].Length; i++)
                tables[t][i] = (2 * random.NextSingle() - 1) * range;
        }
        return tables;
    }

    public static float[][] Pull(PreparedSlice slice, float[][] tables, int dimension)
        => [.. slice.Rows.Zip(tables, (rows, table) => rows.SelectMany(row => table[(row * dimension)..((row + 1) * dimension)]).ToArray())];

    public static (SliceLoss Loss, float[][] Gradients) Train(Word2VecModel model, PreparedSlice slice, float[][] values)
    {
        // Garbage on entry must not show.
        float[][] gradients = [.. values.Select(v => Enumerable.Repeat(float.NaN, v.Length).ToArray())];
        return (model.Train(slice, values, gradients), gradients);
    }
}
