using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Models;

/// <summary>
/// A tagger of named entities as in Huang, Xu and Yu (arXiv 1508.01991, section 2.5) and Lample et al. (NAACL 2016, section 2): a bidirectional LSTM over word vectors and case, a linear layer,
/// a CRF over BIO tags. The loss of a sentence is -log p(its tags). Dropout is on what the LSTM reads and on what it gives. While training, a word that the data have once is read as unknown with
/// some probability (Lample et al., section 4.3), so that the unknown row and what reads it are learned.
/// </summary>
public sealed class Tagger : IEmbeddingModel
{
    private readonly TaggerSpec _spec;
    private readonly WordVocabulary _vocabulary;
    private readonly DistinctRows _distinct;
    private readonly int _dimension;
    private readonly int _tags;
    private readonly int _width;
    private readonly int _stackTable;
    private readonly int _outputTable;
    private readonly LstmStack _stack;
    private readonly LinearLayer _output;
    private readonly int[][] _denseRows;

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Units, case, dropout, CRF.</param>
    /// <param name="vocabulary">Words, their rows and their counts.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="tags">Number of tags, as <see cref="EntityTags"/> has them: odd, and at least 3.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public Tagger(TaggerSpec spec, WordVocabulary vocabulary, int dimension, int tags, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        if (tags < 3 || tags % 2 == 0)
            throw new ArgumentOutOfRangeException(nameof(tags), tags, "tags are O, and B and I of each type");
        (_spec, _vocabulary, _dimension, _tags) = (spec, vocabulary, dimension, tags);
        _distinct = new DistinctRows(vocabulary.Rows);
        _width = dimension + spec.CaseDimension;
        _stack = new LstmStack(_width, spec.Hidden, layers: 1, bidirectional: true, tied: false);
        _output = new LinearLayer(_stack.Width, tags);
        _stackTable = spec.CaseDimension > 0 ? 2 : 1;
        _outputTable = _stackTable + _stack.TableCount;
        Tables = [.. CreateTables(embeddingRange)];
        _denseRows = [.. Tables.Skip(1).Select(t => Enumerable.Range(0, t.Rows).ToArray())];
    }

    /// <summary>
    /// The tables: <c>embedding</c>; <c>case</c> [cases x caseDimension]; those of <see cref="LstmStack"/>; <c>output.weight</c> [tags x 2 hidden] and <c>output.bias</c> [1 x tags];
    /// <c>crf.transition</c> [from x to] and <c>crf.ends</c> [2 x tags], the first tag's scores and the last one's.
    /// </summary>
    public IReadOnlyList<TableSpec> Tables { get; }

    /// <inheritdoc/>
    public MeasureSet Measures => EntityScore.Measures;

    /// <inheritdoc/>
    public bool IsClassifier => false;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => ClassifierSlice.Prepare(slice, _distinct, rows => [rows, .. _denseRows], tokens =>
    {
        if (slice.Step == 0 || _spec.UnknownRate == 0)
            return;
        CounterRandom random = slice.Random(RandomPurpose.Sampling);
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] >= WordVocabulary.FirstWordRow && _vocabulary.Count(tokens[i]) == 1 && random.NextSingle() < _spec.UnknownRate)
                tokens[i] = WordVocabulary.UnknownRow;
        }
    });

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (ClassifierSlice)prepared;
        SentenceSteps steps = WordInput.Steps(slice);
        float[]? mask = DropoutMask.Draw(slice.Slice, _spec.Dropout, steps.Rows * (_width + _stack.Width));
        float[] input = Input(slice, steps, values);
        Multiply(input, mask, 0, steps.Rows * _width);
        float[] states = [.. _stack.Forward(steps, input, values, _stackTable).AsSpan(0, steps.Rows * _stack.Width)];
        Multiply(states, mask, steps.Rows * _width, states.Length);
        float[] scores = _output.Forward(states, steps.Rows, values[_outputTable], values[_outputTable + 1]);

        var scoreGradient = new float[scores.Length];
        (double sum, int correct) = TrainChain(slice, steps, values, gradients, scores, scoreGradient);
        bool belowOutput = gradients.Take(_outputTable).Any(g => g is not null);
        float[]? stateGradient = belowOutput ? new float[states.Length] : null;
        _output.Backward(states, steps.Rows, values[_outputTable], scoreGradient, stateGradient, gradients[_outputTable], gradients[_outputTable + 1]);
        if (stateGradient is not null)
        {
            Multiply(stateGradient, mask, steps.Rows * _width, stateGradient.Length);
            BackwardBelow(slice, steps, values, gradients, input, stateGradient, mask);
        }

        return new SliceLoss(sum, slice.Count, correct, slice.TokenCount, slice.TokenCount);
    }

    /// <summary>
    /// For each token of the examples in order its tag; then for each example -log p of the tags that it carries, 0 where it carries none or has no token.
    /// </summary>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (ClassifierSlice)prepared;
        SentenceSteps steps = WordInput.Steps(slice);
        float[] states = _stack.Forward(steps, Input(slice, steps, values), values, _stackTable);
        float[] scores = _output.Forward(states, steps.Rows, values[_outputTable], values[_outputTable + 1]);
        TagChain chain = Chain(values);
        var predictions = new float[slice.TokenCount + slice.Count];
        int at = 0;
        for (int example = 0; example < slice.Count; example++)
        {
            float[] words = WordsOf(steps, example, scores);
            var tags = new int[steps.Length(example)];
            chain.Decode(words, tags);
            foreach (int tag in tags)
                predictions[at++] = tag;
            ReadOnlySpan<int> gold = GoldOf(slice, example);
            if (gold.Length > 0 && !gold.Contains(TagAnnotations.None))
                predictions[slice.TokenCount + example] = (float)chain.Loss(words, gold, 0, default, default, default);
        }

        return predictions;
    }

    /// <inheritdoc/>
    public SliceScore Score(PreparedSlice prepared, ReadOnlySpan<float> predictions)
    {
        var slice = (ClassifierSlice)prepared;
        var sums = new double[Measures.Sums];
        double loss = 0;
        int at = 0;
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<int> gold = GoldOf(slice, example);
            var tags = new int[gold.Length];
            for (int word = 0; word < tags.Length; word++)
                tags[word] = (int)predictions[at++];
            EntityScore.Add(sums, gold, tags);
            loss += predictions[slice.TokenCount + example];
        }

        return new SliceScore(loss, slice.Count, sums);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    private IEnumerable<TableSpec> CreateTables(float embeddingRange)
    {
        yield return new TableSpec("embedding", "embedding", _vocabulary.Rows, _dimension, new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow), Dense: false)
        {
            PaddingRow = WordVocabulary.PaddingRow,
        };
        if (_spec.CaseDimension > 0)
            yield return new TableSpec("case", "case", WordCases.Count, _spec.CaseDimension, new RowInit.Uniform(embeddingRange), Dense: true);
        foreach (TableSpec table in _stack.Tables())
            yield return table;
        var output = new RowInit.Uniform(1 / MathF.Sqrt(_stack.Width));
        yield return new TableSpec("output.weight", "output", _tags, _stack.Width, output, Dense: true);
        yield return new TableSpec("output.bias", "output", 1, _tags, output, Dense: true);
        if (!_spec.Crf)
            yield break;
        yield return new TableSpec("crf.transition", "crf", _tags, _tags, new RowInit.Zero(), Dense: true);
        yield return new TableSpec("crf.ends", "crf", 2, _tags, new RowInit.Zero(), Dense: true);
    }

    private TagChain Chain(IReadOnlyList<float[]> values) =>
        _spec.Crf ? TagChain.Constrained(_tags, values[_outputTable + 2], values[_outputTable + 3]) : TagChain.Unconstrained(_tags);

    private static ReadOnlySpan<int> GoldOf(ClassifierSlice slice, int example) => TagAnnotations.Tags(slice.Slice.Data, slice.Slice.Examples.Span[example]);

    /// <summary>Vector and case of each word, [rows x width].</summary>
    private float[] Input(ClassifierSlice slice, SentenceSteps steps, IReadOnlyList<float[]> values)
    {
        var input = new float[steps.Rows * _width];
        WordInput.Gather(slice, steps, values[0], _dimension, input, _width);
        if (_spec.CaseDimension == 0)
            return input;
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<int> cases = TagAnnotations.Cases(slice.Slice.Data, slice.Slice.Examples.Span[example]);
            for (int word = 0; word < cases.Length; word++)
                values[1].AsSpan(cases[word] * _spec.CaseDimension, _spec.CaseDimension).CopyTo(input.AsSpan((steps.RowOf(example, word) * _width) + _dimension));
        }

        return input;
    }

    private (double Sum, int Correct) TrainChain(
        ClassifierSlice slice, SentenceSteps steps, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients, float[] scores, float[] scoreGradient)
    {
        TagChain chain = Chain(values);
        float[]? ofTransition = _spec.Crf ? gradients[_outputTable + 2] : null, ofEnds = _spec.Crf ? gradients[_outputTable + 3] : null;
        double[] transition = ofTransition is null ? [] : new double[_tags * _tags], ends = ofEnds is null ? [] : new double[2 * _tags];
        double sum = 0;
        int correct = 0;
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<int> gold = GoldOf(slice, example);
            if (gold.IsEmpty)
                continue;
            if (gold.Contains(TagAnnotations.None))
                throw new InvalidOperationException($"example {slice.Slice.Examples.Span[example]} has no tags to learn from");
            float[] words = WordsOf(steps, example, scores);
            var wordGradient = new float[words.Length];
            sum += chain.Loss(words, gold, 1.0 / slice.Slice.BatchSize, wordGradient, transition, ends);
            var tags = new int[gold.Length];
            chain.Decode(words, tags);
            for (int word = 0; word < tags.Length; word++)
            {
                correct += tags[word] == gold[word] ? 1 : 0;
                wordGradient.AsSpan(word * _tags, _tags).CopyTo(scoreGradient.AsSpan(steps.RowOf(example, word) * _tags));
            }
        }

        for (int i = 0; i < transition.Length; i++)
            ofTransition![i] = (float)transition[i];
        for (int i = 0; i < ends.Length; i++)
            ofEnds![i] = (float)ends[i];
        return (sum, correct);
    }

    private void BackwardBelow(
        ClassifierSlice slice, SentenceSteps steps, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients, float[] input, float[] stateGradient, float[]? mask)
    {
        float[]? ofCase = _spec.CaseDimension > 0 ? gradients[1] : null;
        float[]? inputGradient = gradients[0] is not null || ofCase is not null ? new float[input.Length] : null;
        _stack.Backward(steps, input, values, _stackTable, stateGradient, gradients, inputGradient);
        if (inputGradient is null)
            return;
        Multiply(inputGradient, mask, 0, inputGradient.Length);
        if (gradients[0] is { } embedding)
            WordInput.Spread(slice, steps, inputGradient, _width, embedding, _dimension);
        if (ofCase is null)
            return;
        ofCase.AsSpan(0, WordCases.Count * _spec.CaseDimension).Clear();
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<int> cases = TagAnnotations.Cases(slice.Slice.Data, slice.Slice.Examples.Span[example]);
            for (int word = 0; word < cases.Length; word++)
            {
                RowMath.AddScaled(
                    ofCase.AsSpan(cases[word] * _spec.CaseDimension, _spec.CaseDimension),
                    inputGradient.AsSpan((steps.RowOf(example, word) * _width) + _dimension, _spec.CaseDimension), 1);
            }
        }
    }

    /// <summary>Scores of an example's words in order, [words x tags].</summary>
    private float[] WordsOf(SentenceSteps steps, int example, float[] scores)
    {
        var words = new float[steps.Length(example) * _tags];
        for (int word = 0; word < steps.Length(example); word++)
            scores.AsSpan(steps.RowOf(example, word) * _tags, _tags).CopyTo(words.AsSpan(word * _tags));
        return words;
    }

    private static void Multiply(float[] values, float[]? mask, int first, int count)
    {
        for (int i = 0; i < count && mask is not null; i++)
            values[i] *= mask[first + i];
    }
}
