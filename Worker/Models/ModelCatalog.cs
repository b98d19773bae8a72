using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

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
}

/// <summary>Every model by its specification.</summary>
public static class ModelCatalog
{
    private const float ClassifierRange = 0.25f;

    /// <summary>Creates the model that <paramref name="spec"/> names.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A specification that no model serves, or sizes that it cannot have.</exception>
    public static IEmbeddingModel Create(ModelSpec spec, ModelShape shape) => spec switch
    {
        TextCnnSpec cnn => new TextCnn(cnn, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        BagSpec bag => new Bag(bag, shape.Vocabulary.Rows, shape.Dimension, shape.Labels, shape.EmbeddingRange ?? ClassifierRange),
        CbowSpec cbow => new CbowModel(cbow, shape.Vocabulary, shape.Dimension, shape.EmbeddingRange),
        GloVeSpec gloVe => new GloVeModel(shape.Vocabulary.Rows, shape.Dimension, shape.EmbeddingRange),
        SkipGramSpec skipGram => new SkipGramModel(skipGram, shape.Vocabulary, shape.Dimension, shape.EmbeddingRange),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec, "no model serves this specification"),
    };
}
