using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Reading;
using DistEmbed.Worker.Models.Parsing;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Prepares sentences with dependencies: reads the parts one after the other into one encoder, splits, and encodes. Labels are the relations of the training part and
/// symbols its part-of-speech tags, both in ordinal order; what other parts have beside them is unknown. For one use.
/// </summary>
internal sealed class DependencyPreparation(DependencyData spec, ulong seed, VectorWords? vectors = null)
{
    private readonly CorpusEncoder _encoder = new(spec);
    private readonly List<int[]> _annotations = [];
    private readonly List<string> _notes = [];
    private readonly EmptyExamples _empty = new(spec.EmptyText);
    private int _unknownRelations;

    /// <summary>Reads and encodes the parts of the job.</summary>
    public PreparedData Prepare()
    {
        var files = new DataFiles(spec);
        Source trainFiles = Resolve(files, "data.train", spec.Train);
        Source? devFiles = spec.Dev is null ? null : Resolve(files, "data.dev", spec.Dev), testFiles = spec.Test is null ? null : Resolve(files, "data.test", spec.Test);
        SourceFile? foldFile = spec.Fold?.File is { } path ? files.Resolve("data.fold.file", path) : null;
        files.ThrowIfMissing();

        List<DependencySentence> sentences = [.. trainFiles.Sentences()];
        string[] relations = [.. sentences.SelectMany(s => s.Relations).Distinct().Order(StringComparer.Ordinal)];
        string[] tags = [.. sentences.SelectMany(s => s.Tags).Distinct().Order(StringComparer.Ordinal)];
        Append(trainFiles, sentences, relations, tags);
        int trainCount = sentences.Count;
        int[]? dev = ReadPart(devFiles, relations, tags), test = ReadPart(testFiles, relations, tags);

        int[]? folds = spec.Fold is null ? null : FoldAssignment.Of(spec.Fold, foldFile, trainCount, trainFiles.Setting);
        (int[] train, int[] splitDev, int[] splitTest) = DataSplit.Of(folds, spec.Fold, trainCount, dev is null ? spec.DevFraction : 0, test is null ? spec.TestFraction : 0, seed);
        PartVocabulary vocabulary = _encoder.Vocabulary(train, vectors);

        ExampleSet all = Encode(train, vocabulary.Train)!;
        int[] derivable = [.. Enumerable.Range(0, all.Count).Where(i => ParserOracle.Derives(HeadAnnotations.Heads(all, i)))];
        if (derivable.Length == 0)
            throw new InvalidInputException(trainFiles.Setting, $"None of its {all.Count} training sentences is a projective tree with one root{Longer}, which is what the parser learns from.", "Check the heads, or give other sentences.");
        ExampleSet trainSet = derivable.Length == all.Count ? all : Encode([.. derivable.Select(i => train[i])], vocabulary.Train)!;
        ExampleSet? devSet = Encode(dev ?? splitDev, vocabulary.Words), testSet = Encode(test ?? splitTest, vocabulary.Words);
        Note("train", trainSet, all.Count > trainSet.Count
            ? Invariant($"; {all.Count - trainSet.Count:N0} more are left out, which have crossing dependencies, more than one root, {(spec.MaxTokens is { } most ? Invariant($"more than {most} words, ") : "")}or no word") : "");
        Note("dev", devSet, dev is null ? ", set aside from the training sentences" : "");
        Note("test", testSet, spec.Fold is { } fold ? Invariant($", fold {fold.Index} of {fold.Of}") : test is null ? ", set aside from the training sentences" : "");
        _notes.Add(Invariant($"{relations.Length:N0} relations, {tags.Length:N0} part-of-speech tags"));
        if (_unknownRelations > 0)
            _notes.Add(Invariant($"{_unknownRelations:N0} tokens of dev and test have a relation that training does not: it counts as missed"));
        NoteWords(vocabulary.Notes(_encoder, spec.MinCount, _encoder.RareIn(train), devSet, testSet));
        if (_empty.Note is { } empty)
            _notes.Add(empty);
        _notes.AddRange(files.Tally.Notes());
        return new PreparedData(vocabulary.Words, relations, trainSet, devSet, testSet, _notes) { Symbols = tags, Folds = folds };
    }

    private string Longer => spec.MaxTokens is { } most ? Invariant($" and at most {most} words (data.maxTokens)") : "";

    /// <summary>Encodes the sentences of one file with a vocabulary, relations and tags that are given.</summary>
    public static ExampleSet Read(DependencyData spec, SourceFile file, VocabularyOfCounts vocabulary, IReadOnlyList<string> relations, IReadOnlyList<string> tags)
    {
        var preparation = new DependencyPreparation(spec, seed: 0);
        var source = new Source(file.Setting, file.Path, () => DependencyReader.ReadConll(file, spec.Tags));
        int[] examples = preparation.ReadPart(source, relations, tags)!;
        return preparation.Encode(examples, vocabulary(preparation._encoder.Counts()))!;
    }

    private Source Resolve(DataFiles files, string setting, IReadOnlyList<string> names)
    {
        SourceFile[][] sources =
        [
            .. names.SelectMany((name, i) => spec.Layout == DependencyLayout.Parallel
                ? [[.. DependencyReader.Extensions.Select(extension => files.Resolve($"{setting}[{i}]", name + extension))]]
                : files.ResolveAll($"{setting}[{i}]", name).Select(file => new[] { file })),
        ];
        return new Source(setting, string.Join(", ", sources.Select(s => s[0].Path)), () => sources.SelectMany(
            s => spec.Layout == DependencyLayout.Parallel ? DependencyReader.ReadParallel(s[0], s[1], s[2], _empty) : DependencyReader.ReadConll(s[0], spec.Tags)));
    }

    private int[]? ReadPart(Source? source, IReadOnlyList<string> relations, IReadOnlyList<string> tags)
    {
        if (source is null)
            return null;
        int first = _annotations.Count;
        Append(source, [.. source.Sentences()], relations, tags);
        return [.. Enumerable.Range(first, _annotations.Count - first)];
    }

    private void Append(Source source, List<DependencySentence> sentences, IReadOnlyList<string> relations, IReadOnlyList<string> tags)
    {
        if (sentences.Count == 0)
            throw new InvalidInputException(source.Files, "There is no sentence in it.", $"Check {source.Setting}.");
        Dictionary<string, int> relationNumbers = Numbers(relations), tagNumbers = Numbers(tags);
        foreach (DependencySentence sentence in sentences)
        {
            // A head that would be cut off leaves no tree, so a sentence is taken whole or not at all.
            bool whole = spec.MaxTokens is not { } most || sentence.Words.Count <= most;
            foreach (string word in sentence.Words)
            {
                if (!_encoder.AppendToken(word))
                    break;
            }

            int count = _encoder.EndExample();
            int[] numbers = [.. sentence.Relations.Take(count).Select(r => relationNumbers.GetValueOrDefault(r, HeadAnnotations.None))];
            _unknownRelations += numbers.Count(n => n == HeadAnnotations.None);
            _annotations.Add(!whole ? HeadAnnotations.OfWords(count) : HeadAnnotations.Of(
                [.. sentence.Heads], numbers,
                sentence.Tags.Count == 0 ? HeadAnnotations.OfWords(count).AsSpan(0, count) : [.. sentence.Tags.Select(t => tagNumbers.GetValueOrDefault(t, HeadAnnotations.None))]));
        }
    }

    private static Dictionary<string, int> Numbers(IReadOnlyList<string> names) =>
        names.Select((name, number) => (name, number)).ToDictionary(n => n.name, n => n.number, StringComparer.Ordinal);

    private ExampleSet? Encode(int[] examples, WordVocabulary vocabulary)
    {
        int[] noLabels = new int[_annotations.Count];
        Array.Fill(noLabels, -1);
        return examples.Length == 0 ? null : _encoder.Select(examples, noLabels, vocabulary, _annotations);
    }

    private void Note(string part, ExampleSet? examples, string more) =>
        _notes.Add(examples is null ? $"{part}: none" : Invariant($"{part}: {examples.Count:N0} sentences, {examples.TokenCount:N0} tokens{more}"));

    private void NoteWords(IEnumerable<string> vocabulary)
    {
        _notes.AddRange(vocabulary);
        if (_encoder.CutExamples > 0)
            _notes.Add(Invariant($"maxTokens {spec.MaxTokens}: {_encoder.CutExamples:N0} longer sentences have no dependencies any more"));
    }

    private sealed record Source(string Setting, string Files, Func<IEnumerable<DependencySentence>> Sentences);
}
