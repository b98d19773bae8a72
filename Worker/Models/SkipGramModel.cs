using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Skip-gram: every word around a position predicts, alone and with negative samples of its own, the word at the position. (The paper has it the other way
/// round; word2vec.c does this, and the pairs are the same up to the windows' draws.)
/// </summary>
public sealed class SkipGramModel : Word2VecModel
{
    /// <summary>Creates the model.</summary>
    /// <param name="spec">Its settings.</param>
    /// <param name="vocabulary">Words, and the counts that subsampling and negative samples go by.</param>
    /// <param name="dimension">Numbers a vector.</param>
    /// <param name="embeddingRange">Vectors start uniform within plus and minus this; null: 0.5 / <paramref name="dimension"/>, as word2vec does.</param>
    public SkipGramModel(SkipGramSpec spec, WordVocabulary vocabulary, int dimension, float? embeddingRange = null)
        : base(spec, contextByContext: true, fullError: true, vocabulary, dimension, embeddingRange)
    {
    }
}
