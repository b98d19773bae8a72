using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Reading;
using DistEmbed.Worker.Corpus.Trees;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>Prepares labelled text: reads the parts one after the other into one encoder, splits, and encodes. For one use.</summary>
internal sealed class LabelledPreparation(DataSpec spec, ulong seed, VectorWords? vectors = null)
{
    private const int MostLabelsInNotes = 20;

    private readonly CorpusEncoder _encoder = new(spec);
    private readonly List<int> _labels = [];
    private readonly string[] _symbols = spec is TreeData { Neutral: not null } ? [NodeLabels.Neutral] : [];
    private readonly List<LabelledTree> _trees = [];
    private readonly SortedDictionary<string, int> _leftOut = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private readonly EmptyExamples _empty = new(spec is DotnetDocsData ? EmptyText.Keep : ((LabelledData)spec).EmptyText);
    private readonly LabelPlaces _places = new();

    /// <summary>Reads and encodes the parts. A fraction counts only where its part has no text of its own.</summary>
    public PreparedData Prepare(LabelledSources sources, double devFraction, double testFraction, IReadOnlyList<string> notes, FoldSpec? fold = null, SourceFile? foldFile = null)
    {
        string[] labels = ReadTrain(sources.Train);
        var errors = new List<InputError>();
        int[]? dev = ReadPart(sources.Dev, labels, errors);
        int[]? test = ReadPart(sources.Test, labels, errors);
        if (errors.Count > 0)
            throw new InvalidInputException(errors);
        if (_encoder.Tokens == 0)
            throw new InvalidInputException(sources.Train.Files, $"None of its {_encoder.Examples} examples has a token.", "Check data.tokenizer and data.encoding.");

        int trainCount = _encoder.Examples - (dev?.Length ?? 0) - (test?.Length ?? 0);
        int[]? folds = fold is null ? null : FoldAssignment.Of(fold, foldFile, trainCount, sources.Train.Files);
        (int[] train, int[] splitDev, int[] splitTest) = DataSplit.Of(folds, fold, trainCount, dev is null ? devFraction : 0, test is null ? testFraction : 0, seed);
        RequireAllLabels(train, labels, sources.Train, fold);

        PartVocabulary vocabulary = _encoder.Vocabulary(train, vectors);

        _notes.AddRange(notes);
        ExampleSet? Encode(int[] examples, WordVocabulary words) => examples.Length == 0 ? null : Select(examples, labels, words);
        ExampleSet trainSet = Encode(train, vocabulary.Train)!;
        if (spec is TreeData { LabelledPhrases: true })
            trainSet = TreePhrases.Of(trainSet, labels.Length, _symbols.Length);
        ExampleSet? devSet = Encode(dev ?? splitDev, vocabulary.Words);
        ExampleSet? testSet = Encode(test ?? splitTest, vocabulary.Words);
        Note("train", trainSet, labels, "");
        Note("dev", devSet, labels, dev is null ? ", set aside from the training examples" : "");
        Note("test", testSet, labels, fold is not null ? Invariant($", fold {fold.Index} of {fold.Of}") : test is null ? ", set aside from the training examples" : "");
        NoteWords(vocabulary.Notes(_encoder, spec.MinCount, _encoder.RareIn(train), devSet, testSet));
        _notes.AddRange(_places.Warnings());
        return new PreparedData(vocabulary.Words, labels, trainSet, devSet, testSet, _notes) { Folds = folds, Symbols = _symbols };
    }

    /// <summary>Encodes the examples of one file with a vocabulary and labels that are given.</summary>
    public static ExampleSet Read(DataSpec spec, IEnumerable<LabelledText> texts, string file, VocabularyOfCounts vocabulary, IReadOnlyList<string> labels)
    {
        var preparation = new LabelledPreparation(spec, seed: 0);
        var errors = new List<InputError>();
        int[] examples = preparation.ReadPart(new LabelledSource(file, file, () => texts), labels, errors)!;
        ExampleSet read = errors.Count == 0 ? preparation.Select(examples, labels, vocabulary(preparation._encoder.Counts())) : throw new InvalidInputException(errors);
        read.Notes = preparation._empty.Note is { } empty ? [empty] : [];
        return read;
    }

    private ExampleSet Select(int[] examples, IReadOnlyList<string> labels, WordVocabulary vocabulary)
    {
        if (_trees.Count == 0)
            return _encoder.Select(examples, _labels.ToArray(), vocabulary);
        Dictionary<string, int> numbers = labels.Concat(_symbols).Select((name, number) => (name, number)).ToDictionary(l => l.name, l => l.number, StringComparer.Ordinal);
        return _encoder.Select(examples, _labels.ToArray(), vocabulary, [.. _trees.Select(tree => tree.Annotations(numbers))]);
    }

    // Labels are known in order of appearance first; the numbers become those of the ordinal order once all are known.
    private string[] ReadTrain(LabelledSource source)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (LabelledText text in Kept(source))
        {
            if (!numbers.TryGetValue(text.Label, out int number))
                numbers.Add(text.Label, number = numbers.Count);
            foreach (string? label in text.Tree?.Labels ?? [])
            {
                if (label is not null && !_symbols.Contains(label))
                    numbers.TryAdd(label, numbers.Count);
            }

            _places.Add(text);

            Append(text, number);
        }
        if (_labels.Count == 0)
            throw NoExample(source);
        if (source.Labels is { } expected)
        {
            InputError[] errors =
            [
                .. expected.Where(l => !numbers.ContainsKey(l.Key)).Select(l => new InputError(
                    l.Value, $"There is no training example of the label '{l.Key}' in it.", $"Check {source.Setting}.{l.Key}, or leave the label out.")),
            ];
            if (errors.Length > 0)
                throw new InvalidInputException(errors);
        }
        if (numbers.Count < 2)
        {
            throw new InvalidInputException(
                source.Files, $"All {_labels.Count} training examples have the label '{numbers.Keys.Single()}'.", "Give examples of at least two labels, or check which column or field is the label.");
        }
        string[] labels = [.. numbers.Keys.Order(StringComparer.Ordinal)];
        int[] renumbered = new int[labels.Length];
        for (int i = 0; i < labels.Length; i++)
            renumbered[numbers[labels[i]]] = i;
        for (int i = 0; i < _labels.Count; i++)
            _labels[i] = renumbered[_labels[i]];
        return labels;
    }

    private int[]? ReadPart(LabelledSource? source, IReadOnlyList<string> labels, List<InputError> errors)
    {
        if (source is null)
            return null;
        Dictionary<string, int> numbers = labels.Select((name, number) => (name, number)).ToDictionary(l => l.name, l => l.number, StringComparer.Ordinal);
        int first = _labels.Count;
        foreach (LabelledText text in Kept(source))
        {
            foreach (string? label in text.Tree?.Labels ?? [text.Label])
            {
                // Once a label: a file with other labels altogether would give an error a line.
                if (label is not null && !_symbols.Contains(label) && numbers.TryAdd(label, -1))
                    errors.Add(LabelledSources.UnknownLabel(text.Where, label, labels));
            }

            Append(text, numbers[text.Label]);
        }
        return _labels.Count > first ? [.. Enumerable.Range(first, _labels.Count - first)] : throw NoExample(source);
    }

    /// <summary>The examples that count; the text of each is appended to the encoder, whose example is still open.</summary>
    private IEnumerable<LabelledText> Kept(LabelledSource source)
    {
        foreach (LabelledText text in source.Read())
        {
            if (text.IsLeftOut)
            {
                _leftOut[text.Label] = _leftOut.GetValueOrDefault(text.Label) + 1;
                continue;
            }

            _encoder.Append(text.Text);
            if (_encoder.OpenTokens > 0 || !_empty.LeavesOut(text.Where, text.Text))
                yield return text with { Label = GivenName.Label(text.Label, text.File, text.Line) };
        }

        _empty.ThrowIfRefused();
    }

    private void Append(LabelledText text, int label)
    {
        if (text.Tree is { } tree)
            _trees.Add(tree);
        _encoder.EndExample();
        _labels.Add(label);
    }

    private void RequireAllLabels(int[] train, string[] labels, LabelledSource source, FoldSpec? fold)
    {
        bool[] seen = new bool[labels.Length];
        foreach (int example in train)
            seen[_labels[example]] = true;
        foreach (string? label in train.Where(example => example < _trees.Count).SelectMany(example => _trees[example].Labels))
        {
            if (label is not null && !_symbols.Contains(label))
                seen[Array.IndexOf(labels, label)] = true;
        }

        InputError[] errors =
        [
            .. labels.Where((_, i) => !seen[i]).Select(label => new InputError(
                fold is null ? "data.devFraction" : "data.fold",
                $"With the dev and test parts set aside{(fold is null ? "" : Invariant($" (fold {fold.Index} of {fold.Of})"))}, no training example of the label '{label}' is left.",
                $"Give more examples of it in {source.Files}, {(fold is null ? "name dev and test files, or take another seed" : "or other folds")}.")),
        ];
        if (errors.Length > 0)
            throw new InvalidInputException(errors);
    }

    private void Note(string part, ExampleSet? examples, string[] labels, string origin)
    {
        if (examples is null)
        {
            _notes.Add($"{part}: none");
            return;
        }
        int[] counts = new int[labels.Length];
        for (int i = 0; i < examples.Count; i++)
            counts[examples.Label(i)]++;
        string shown = string.Join(", ", labels.Take(MostLabelsInNotes).Select((label, i) => Invariant($"{label} {counts[i]:N0}")));
        string more = labels.Length > MostLabelsInNotes ? Invariant($", and {labels.Length - MostLabelsInNotes} more labels") : "";
        _notes.Add(Invariant($"{part}: {examples.Count:N0} examples, {examples.TokenCount:N0} tokens{origin} ({shown}{more})"));
        // A sentence's label is one of many labels of its tree.
        string[] missing = _trees.Count > 0 ? [] : [.. labels.Where((_, i) => counts[i] == 0)];
        if (missing.Length > 0)
            _notes.Add(Invariant($"warning: {part} has no example of {missing.Length} of the {labels.Length} labels: {PrintableText.List(missing)}"));
    }

    private void NoteWords(IEnumerable<string> vocabulary)
    {
        foreach ((string label, int count) in _leftOut)
            _notes.Add(Invariant($"{count:N0} {label} examples are left out"));
        _notes.AddRange(vocabulary);
        if (_encoder.CutExamples > 0)
            _notes.Add(Invariant($"maxTokens {spec.MaxTokens}: {_encoder.CutExamples:N0} examples were cut"));
        if (_empty.Note is { } empty)
            _notes.Add(empty);
    }

    private static InvalidInputException NoExample(LabelledSource source) => new(source.Files, "There is no example in it.", $"Check {source.Setting}.");
}
