using System.Runtime.InteropServices;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Models;

/// <summary>Draws the predictions of a slice. Keeps its lists between slices; not thread-safe.</summary>
/// <param name="spec">The model's settings.</param>
/// <param name="contextByContext">Whether each context word makes a prediction of its own (skip-gram).</param>
/// <param name="subsampler">Drops frequent words.</param>
/// <param name="negatives">Draws wrong words; null: none.</param>
/// <param name="tree">With hierarchical softmax the words' codes; null: negative sampling.</param>
/// <param name="tableRows">Rows of the embedding, which no other table has more of.</param>
internal sealed class Word2VecSampling(
    Word2VecSpec spec, bool contextByContext, Subsampler subsampler, NegativeSampler? negatives, HuffmanTree? tree, int tableRows)
{
    private readonly DistinctRows _rows = new(tableRows);
    private readonly List<int> _kept = [];
    private readonly List<int> _contextStarts = [];
    private readonly List<int> _contexts = [];
    private readonly List<int> _targetStarts = [];
    private readonly List<int> _targets = [];
    private readonly List<byte> _bits = [];

    /// <summary>Draws in the order: a sentence's subsampling; then for each position its window, and each of its predictions' negatives.</summary>
    public Word2VecSlice Sample(Slice slice)
    {
        _contextStarts.Clear();
        _contexts.Clear();
        _targetStarts.Clear();
        _targets.Clear();
        _bits.Clear();
        var random = slice.Random(RandomPurpose.Sampling);
        long words = 0;
        foreach (int example in slice.Examples.Span)
        {
            var tokens = slice.Data.Tokens(example);
            words += tokens.Length;
            _kept.Clear();
            foreach (int token in tokens)
            {
                if (subsampler.Keeps(token, ref random))
                    _kept.Add(token);
            }
            AddSentence(CollectionsMarshal.AsSpan(_kept), ref random);
        }
        _contextStarts.Add(_contexts.Count);
        _targetStarts.Add(_targets.Count);

        int[] contexts = [.. _contexts], targets = [.. _targets];
        var embeddingRows = _rows.Renumber(contexts);
        var outputRows = _rows.Renumber(targets);
        return new Word2VecSlice(slice, embeddingRows, outputRows, [.. _contextStarts], contexts, [.. _targetStarts], targets, tree is null ? null : [.. _bits], words);
    }

    private void AddSentence(ReadOnlySpan<int> sentence, ref CounterRandom random)
    {
        for (int position = 0; position < sentence.Length; position++)
        {
            int reach = 1 + random.NextInt(spec.Window);
            int from = Math.Max(0, position - reach), to = Math.Min(sentence.Length, position + reach + 1);
            if (to - from == 1)
                continue;
            if (!contextByContext)
                AddPrediction(sentence[position], ref random);
            for (int other = from; other < to; other++)
            {
                if (other == position)
                    continue;
                if (contextByContext)
                    AddPrediction(sentence[position], ref random);
                _contexts.Add(sentence[other]);
            }
        }
    }

    // The contexts that are added next belong to it.
    private void AddPrediction(int word, ref CounterRandom random)
    {
        _contextStarts.Add(_contexts.Count);
        _targetStarts.Add(_targets.Count);
        if (tree is not null)
        {
            _targets.AddRange(tree.Path(word - WordVocabulary.FirstWordRow));
            _bits.AddRange(tree.Code(word - WordVocabulary.FirstWordRow));
            return;
        }

        _targets.Add(word);
        for (int i = 0; i < spec.Negatives; i++)
        {
            int negative = negatives!.Next(ref random);
            if (negative != word)
                _targets.Add(negative);
        }
    }
}
