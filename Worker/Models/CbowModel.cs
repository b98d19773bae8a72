using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Continuous bag of words: a word is predicted from the mean of the vectors of the words around it. With <see cref="CbowSpec.FullError"/> the embedding's
/// "gradient" is word2vec.c's: the number of context words times the true one, position by position.
/// </summary>
public sealed class CbowModel : Word2VecModel
{
    /// <summary>Creates the model.</summary>
    /// <param name="spec">Its settings.</param>
    /// <param name="vocabulary">Words, and the counts that subsampling and negative samples go by.</param>
    /// <param name="dimension">Numbers a vector.</param>
    /// <param name="embeddingRange">Vectors start uniform within plus and minus this; null: 0.5 / <paramref name="dimension"/>, as word2vec does.</param>
    public CbowModel(CbowSpec spec, WordVocabulary vocabulary, int dimension, float? embeddingRange = null)
        : base(spec, contextByContext: false, spec.FullError, vocabulary, dimension, embeddingRange)
    {
    }
}
