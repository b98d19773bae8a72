namespace DistEmbed.Protocol.Vectors;

/// <summary>Layout of a file of word vectors.</summary>
public enum VectorFormat
{
    /// <summary>
    /// A header line <c>words dimension</c>, then a line a word: the word and its numbers, separated by blanks. What word2vec's <c>-binary 0</c>, gensim and fastText
    /// (<c>.vec</c>) write. A file read is never reported as <see cref="FastTextVec"/>: the layouts cannot be told apart by content.
    /// </summary>
    Word2VecText,

    /// <summary>
    /// A header line <c>words dimension</c>, then for each word its bytes, one blank, the numbers as little-endian float32, and (not in every writer's files) a
    /// newline.
    /// </summary>
    Word2VecBinary,

    /// <summary>A line a word as in <see cref="Word2VecText"/>, without a header.</summary>
    GloVe,

    /// <summary>As <see cref="Word2VecText"/>, with a blank after the last number of a line, byte for byte as fastText writes it. For writing only.</summary>
    FastTextVec,
}
