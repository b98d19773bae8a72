namespace DistEmbed.Worker.Models;

/// <summary>
/// The predictions that a slice of text asks of a word2vec model, sampled and with rows numbered within the slice: <see cref="PreparedSlice.Rows"/>[0] are
/// the rows of the embedding, [1] those of the output vectors: of words, or of inner nodes of a Huffman tree.
/// </summary>
public sealed class Word2VecSlice : PreparedSlice
{
    private readonly int[] _contextStarts;
    private readonly int[] _contexts;
    private readonly int[] _targetStarts;
    private readonly int[] _targets;
    private readonly byte[]? _bits;

    internal Word2VecSlice(
        Slice slice, int[] embeddingRows, int[] contextRows, int[] contextStarts, int[] contexts, int[] targetStarts, int[] targets, byte[]? bits, long words)
        : base(slice, [embeddingRows, contextRows])
        => (_contextStarts, _contexts, _targetStarts, _targets, _bits, Words) = (contextStarts, contexts, targetStarts, targets, bits, words);

    /// <summary>Number of predictions: positions with a context (CBOW), or pairs of a context word and a position (skip-gram).</summary>
    public int Predictions => _contextStarts.Length - 1;

    /// <summary>Tokens of the slice, before subsampling and with unknown words.</summary>
    public long Words { get; }

    /// <summary>The words that a prediction is made from: indices into the first table's rows. Skip-gram has one.</summary>
    public ReadOnlySpan<int> Contexts(int prediction)
        => _contexts.AsSpan(_contextStarts[prediction], _contextStarts[prediction + 1] - _contextStarts[prediction]);

    /// <summary>
    /// The word that is there, then the negative samples; with hierarchical softmax the inner nodes on the way down to the word: indices into the second table's rows.
    /// </summary>
    public ReadOnlySpan<int> Targets(int prediction)
        => _targets.AsSpan(_targetStarts[prediction], _targetStarts[prediction + 1] - _targetStarts[prediction]);

    /// <summary>The bit, 0 or 1, that the word's code has at each of <see cref="Targets"/>; empty with negative sampling.</summary>
    public ReadOnlySpan<byte> Bits(int prediction)
        => _bits is null ? [] : _bits.AsSpan(_targetStarts[prediction], _targetStarts[prediction + 1] - _targetStarts[prediction]);
}
