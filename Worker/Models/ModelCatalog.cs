using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models.Custom;

namespace DistEmbed.Worker.Models;

/// <summary>What a model has to know of the data and the vectors.</summary>
/// <param name="Vocabulary">Words, their rows and their counts.</param>
/// <param name="Labels">Number of labels; 0 for unlabelled text.</param>
/// <param name="Dimension">Numbers a word vector.</param>
/// <param name="EmbeddingRange">
/// Half width of the uniform distribution of the embedding rows that were given no vector. Null: the model's own, 0.25 for classifiers (Kim 2014), half of one over
/// the dimension for cbow, skip-gram (word2vec) and glove.
/// </param>
public sealed record ModelShape(WordVocabulary Vocabulary, int Labels, int Dimension, float? EmbeddingRange)
{
    /// <summary>Number of symbols that annotations refer to beside the labels.</summary>
    public int Symbols { get; init; }

    /// <summary>Path of the assembly of a model of the user's own; null: the model is one of this program.</summary>
    public string? ModelPath { get; init; }
}

/// <summary>Every model by its specification.</summary>
public static class ModelCatalog
{
    private const float ClassifierRange = 0.25f;

    /// <summary>Looks for what a job's model needs beside data: of a user's own its assembly, class and settings. Makes no model.</summary>
    /// <exception cref="Protocol.InvalidInputException">Something is missing, or wrong.</exception>
    public static void Check(JobSpec job)
    {
        if (job is { Model: CustomModelSpec custom, ModelPath: { } path })
            CustomModel.Check(custom, path);
    }

    /// <summary>Creates the model that <paramref name="spec"/> names.</summary>
    /// <exception cref="Protocol.InvalidInputException">The model is the user's, and cannot be used.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A specification that no model serves, or sizes that it cannot have.</exception>
    public static IEmbeddingModel Create(ModelSpec spec, ModelShape shape) => spec switch
    {
        TextCnnSpec cnn => new TextCnn(cnn, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        BagSpec bag => new Bag(bag, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        LstmSpec lstm => new Lstm(lstm, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        TaggerSpec tagger => new Tagger(tagger, shape.Vocabulary, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        ParserSpec parser => new Parser(parser, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.Symbols, shape.EmbeddingRange ?? ClassifierRange),
        TreeLstmSpec tree => new TreeLstm(tree, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.Symbols, shape.EmbeddingRange ?? ClassifierRange),
        TreeLstmPairsSpec pairs => new TreeLstmPairs(pairs, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        CbowSpec cbow => new CbowModel(cbow, shape.Vocabulary, shape.Dimension, shape.EmbeddingRange),
        GloVeSpec gloVe => new GloVeModel(shape.Vocabulary.Rows, shape.Dimension, shape.EmbeddingRange),
        SkipGramSpec skipGram => new SkipGramModel(skipGram, shape.Vocabulary, shape.Dimension, shape.EmbeddingRange),
        CustomModelSpec custom => CustomModel.Create(custom, shape),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec, "no model serves this specification"),
    };
}
