using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Models.Parsing;

namespace DistEmbed.Worker.Models;

/// <summary>
/// A greedy transition-based dependency parser (Chen and Manning, EMNLP 2014): vectors of words, tags and relations of a configuration, one hidden layer with cubes, a
/// softmax over the transitions of arc-standard. It learns the configurations on the way to each sentence's tree; the loss of a sentence is the sum over them of
/// -ln p(the transition that leads on), all transitions being possible. To parse it takes the most probable transition that is allowed.
/// </summary>
public sealed class Parser : IEmbeddingModel
{
    private const int Embedding = 0;
    private const int Places = 1;

    private readonly ParserSpec _spec;
    private readonly int _vocabularyRows;
    private readonly DistinctRows _distinct;
    private readonly int _dimension;
    private readonly int _relations;
    private readonly int _tags;
    private readonly int _transitions;
    private readonly LinearLayer _hidden;
    private readonly LinearLayer _output;
    private readonly int[][] _denseRows;

    /// <summary>Creates the model.</summary>
    /// <param name="spec">Units, activation, dropout.</param>
    /// <param name="vocabularyRows">Rows of the embedding, padding and unknown included.</param>
    /// <param name="dimension">Numbers a word vector.</param>
    /// <param name="relations">Number of relations, at least 1.</param>
    /// <param name="tags">Number of part-of-speech tags; 0: the data has none.</param>
    /// <param name="embeddingRange">Half width of the uniform distribution of the rows that were given no vector.</param>
    public Parser(ParserSpec spec, int vocabularyRows, int dimension, int relations, int tags, float embeddingRange)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularyRows, WordVocabulary.FirstWordRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(relations, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(tags);
        (_spec, _vocabularyRows, _dimension, _relations, _tags) = (spec, vocabularyRows, dimension, relations, tags);
        _distinct = new DistinctRows(vocabularyRows);
        _transitions = 1 + (2 * relations);
        int width = new ParserInput(dimension, spec.SymbolDimension, tags).Width;
        _hidden = new LinearLayer(width, spec.Hidden);
        _output = new LinearLayer(spec.Hidden, _transitions);
        Tables = [.. CreateTables(width, embeddingRange)];
        _denseRows = [.. Tables.Skip(1).Select(t => Enumerable.Range(0, t.Rows).ToArray())];
    }

    /// <summary>
    /// The tables: <c>embedding</c>; <c>places</c>, what stands where there is no word, and the root; <c>tags</c> where there are any; <c>relations</c>;
    /// <c>hidden.weight</c>, <c>hidden.bias</c>, <c>output.weight</c> [transitions x hidden], <c>output.bias</c>.
    /// </summary>
    public IReadOnlyList<TableSpec> Tables { get; }

    /// <inheritdoc/>
    public MeasureSet Measures => AttachmentScore.Measures;

    /// <inheritdoc/>
    public bool IsClassifier => false;

    private int Relations => _tags == 0 ? Places + 1 : Places + 2;

    private int HiddenWeight => Relations + 1;

    private int OutputWeight => Relations + 3;

    /// <inheritdoc/>
    public PreparedSlice Prepare(Slice slice) => ClassifierSlice.Prepare(slice, _distinct, rows => [rows, .. _denseRows]);

    /// <inheritdoc/>
    public SliceLoss Train(PreparedSlice prepared, IReadOnlyList<float[]> values, IReadOnlyList<float[]?> gradients)
    {
        var slice = (ClassifierSlice)prepared;
        ParserInput input = NewInput();
        var gold = new List<int>();
        for (int example = 0; example < slice.Count; example++)
            AddGold(slice, example, input, gold);

        float[] read = Gather(input, slice, values);
        float[] sums = _hidden.Forward(read, input.Count, values[HiddenWeight], values[HiddenWeight + 1]);
        float[]? mask = DropoutMask.Draw(slice.Slice, _spec.Dropout, sums.Length);
        float[] units = Activate(sums, mask);
        float[] scores = _output.Forward(units, input.Count, values[OutputWeight], values[OutputWeight + 1]);
        (double loss, int correct) = Softmax(scores, gold, 1f / slice.Slice.BatchSize);

        bool belowOutput = gradients.Take(OutputWeight).Any(g => g is not null), belowHidden = gradients.Take(HiddenWeight).Any(g => g is not null);
        float[]? unitGradient = belowOutput ? new float[units.Length] : null;
        _output.Backward(units, input.Count, values[OutputWeight], scores, unitGradient, gradients[OutputWeight], gradients[OutputWeight + 1]);
        if (unitGradient is not null)
        {
            Deactivate(sums, mask, unitGradient);
            float[]? readGradient = belowHidden ? new float[read.Length] : null;
            _hidden.Backward(read, input.Count, values[HiddenWeight], unitGradient, readGradient, gradients[HiddenWeight], gradients[HiddenWeight + 1]);
            if (readGradient is not null)
            {
                input.Spread(readGradient, slice.Touched, gradients[Embedding], gradients[Places], _tags == 0 ? null : gradients[Places + 1], gradients[Relations],
                    ParserInput.RelationRows(_relations));
            }
        }

        return new SliceLoss(loss, slice.Count, correct, slice.TokenCount, gold.Count);
    }

    /// <summary>
    /// For each token of the examples in order its head (from 1, 0 for the root) and its relation; then for each example the loss of the tree that it carries, 0 where
    /// it carries none that the transitions can build.
    /// </summary>
    public float[] Predict(PreparedSlice prepared, IReadOnlyList<float[]> values)
    {
        var slice = (ClassifierSlice)prepared;
        var predictions = new float[(2 * slice.TokenCount) + slice.Count];
        ParserState[] states = Parse(slice, values);
        int at = 0;
        foreach (ParserState state in states)
        {
            for (int word = 1; word <= state.Words; word++)
                (predictions[at++], predictions[at++]) = (state.Head(word), state.Relation(word));
        }

        for (int example = 0; example < slice.Count; example++)
        {
            ParserInput input = NewInput();
            var gold = new List<int>();
            AddGold(slice, example, input, gold);
            if (gold.Count > 0)
                predictions[at + example] = (float)Softmax(Scores(input, slice, values), gold, 0).Loss;
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
            int words = slice.Tokens(example).Length, of = slice.Slice.Examples.Span[example];
            int[] heads = new int[words], relations = new int[words];
            for (int word = 0; word < words; word++)
                (heads[word], relations[word]) = ((int)predictions[at++], (int)predictions[at++]);
            AttachmentScore.Add(sums, HeadAnnotations.Heads(slice.Slice.Data, of), HeadAnnotations.Relations(slice.Slice.Data, of), heads, relations);
            loss += predictions[(2 * slice.TokenCount) + example];
        }

        return new SliceScore(loss, slice.Count, sums);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing native lives between calls.
    }

    /// <summary>Parses the examples step by step together: one transition of each that is not done, then the next.</summary>
    private ParserState[] Parse(ClassifierSlice slice, IReadOnlyList<float[]> values)
    {
        ParserState[] states = [.. Enumerable.Range(0, slice.Count).Select(example => new ParserState(slice.Tokens(example).Length))];
        ParserInput input = NewInput();
        while (true)
        {
            int[] open = [.. Enumerable.Range(0, states.Length).Where(example => !states[example].IsDone)];
            if (open.Length == 0)
                return states;
            input.Clear();
            foreach (int example in open)
                input.Add(states[example], slice, example);
            float[] scores = Scores(input, slice, values);
            for (int i = 0; i < open.Length; i++)
            {
                ParserState state = states[open[i]];
                state.Make(Best(scores.AsSpan(i * _transitions, _transitions), state));
            }
        }
    }

    private static int Best(ReadOnlySpan<float> scores, ParserState state)
    {
        int best = -1;
        for (int transition = 0; transition < scores.Length; transition++)
        {
            if (state.Allows(transition) && (best < 0 || scores[transition] > scores[best]))
                best = transition;
        }

        return best;
    }

    private ParserInput NewInput() => new(_dimension, _spec.SymbolDimension, _tags);

    private static void AddGold(ClassifierSlice slice, int example, ParserInput input, List<int> gold)
    {
        int of = slice.Slice.Examples.Span[example];
        ReadOnlySpan<int> heads = HeadAnnotations.Heads(slice.Slice.Data, of), relations = HeadAnnotations.Relations(slice.Slice.Data, of);
        if (!relations.Contains(HeadAnnotations.None) && ParserOracle.Derives(heads))
        {
            ParserOracle.Follow(heads, relations, (state, transition) =>
            {
                input.Add(state, slice, example);
                gold.Add(transition);
            });
        }
    }

    private float[] Gather(ParserInput input, ClassifierSlice slice, IReadOnlyList<float[]> values) =>
        input.Gather(slice.Touched, values[Embedding], values[Places], _tags == 0 ? null : values[Places + 1], values[Relations]);

    private float[] Scores(ParserInput input, ClassifierSlice slice, IReadOnlyList<float[]> values)
    {
        float[] sums = _hidden.Forward(Gather(input, slice, values), input.Count, values[HiddenWeight], values[HiddenWeight + 1]);
        return _output.Forward(Activate(sums, mask: null), input.Count, values[OutputWeight], values[OutputWeight + 1]);
    }

    private float[] Activate(float[] sums, float[]? mask)
    {
        var units = new float[sums.Length];
        for (int i = 0; i < units.Length; i++)
        {
            float x = sums[i];
            units[i] = (_spec.Activation == ParserActivation.Cube ? x * x * x : MathF.Max(0, x)) * (mask is null ? 1 : mask[i]);
        }

        return units;
    }

    /// <summary>Turns the gradient of the units into that of what they read.</summary>
    private void Deactivate(float[] sums, float[]? mask, float[] gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            float x = sums[i];
            gradient[i] *= (_spec.Activation == ParserActivation.Cube ? 3 * x * x : x > 0 ? 1 : 0) * (mask is null ? 1 : mask[i]);
        }
    }

    /// <summary>Loss of scores, which become their gradient times <paramref name="scale"/>.</summary>
    private (double Loss, int Correct) Softmax(float[] scores, List<int> gold, float scale)
    {
        double loss = 0;
        int correct = 0;
        for (int i = 0; i < gold.Count; i++)
        {
            Span<float> row = scores.AsSpan(i * _transitions, _transitions);
            int best = ClassifierScore.MostProbable(row);
            correct += best == gold[i] ? 1 : 0;
            double most = row[best], sum = 0, right = row[gold[i]];
            foreach (float score in row)
                sum += Math.Exp(score - most);
            loss += Math.Log(sum) + most - right;
            for (int transition = 0; transition < row.Length; transition++)
                row[transition] = (float)((Math.Exp(row[transition] - most) / sum) - (transition == gold[i] ? 1 : 0)) * scale;
        }

        return (loss, correct);
    }

    private IEnumerable<TableSpec> CreateTables(int width, float embeddingRange)
    {
        const float Small = 0.01f; // section 3.3
        yield return new TableSpec("embedding", "embedding", _vocabularyRows, _dimension, new RowInit.Uniform(embeddingRange, WordVocabulary.FirstWordRow), Dense: false)
        {
            PaddingRow = WordVocabulary.PaddingRow,
        };
        yield return new TableSpec("places", "symbols", ParserInput.PlaceRows, _dimension, new RowInit.Uniform(Small), Dense: true);
        if (_tags > 0)
            yield return new TableSpec("tags", "symbols", NewInput().TagRows, _spec.SymbolDimension, new RowInit.Uniform(Small), Dense: true);
        yield return new TableSpec("relations", "symbols", ParserInput.RelationRows(_relations), _spec.SymbolDimension, new RowInit.Uniform(Small), Dense: true);
        yield return new TableSpec("hidden.weight", "hidden", _spec.Hidden, width, new RowInit.Uniform(MathF.Sqrt(6f / (width + _spec.Hidden))), Dense: true);
        yield return new TableSpec("hidden.bias", "hidden", 1, _spec.Hidden, new RowInit.Zero(), Dense: true);
        yield return new TableSpec("output.weight", "output", _transitions, _spec.Hidden, new RowInit.Uniform(MathF.Sqrt(6f / (_transitions + _spec.Hidden))), Dense: true);
        yield return new TableSpec("output.bias", "output", 1, _transitions, new RowInit.Zero(), Dense: true);
    }
}
