using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.DotnetDocs;
using DistEmbed.Worker.Corpus.Reading;
using DistEmbed.Worker.Corpus.Trees;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// From a job's data settings to encoded examples. The result is a function of the settings, the files and the seed: every worker that prepares the same job
/// gets the same bytes.
/// </summary>
public static class DataPreparation
{
    /// <summary>Longer sentences of unlabelled text are cut into pieces of this many tokens, as word2vec does.</summary>
    public const int LongestSentence = 1000;

    private const int FewDevExamples = 20;

    /// <summary>Whether examples of this data carry labels.</summary>
    public static bool IsLabelled(DataSpec spec) => spec is DotnetDocsData docs ? docs.Labelled : spec is LabelledData;

    /// <summary>Whether the seed has a part in the result of <see cref="Prepare"/>: it decides which examples are set aside, and which sentences of the .NET documentation are chosen.</summary>
    public static bool DependsOnSeed(DataSpec spec) => spec switch
    {
        DotnetDocsData docs => docs.Labelled,
        LabelledLinesData lines => SetsAside(lines, lines.Dev is not null, lines.Test is not null),
        FilePerClassData files => SetsAside(files, files.Dev is not null, files.Test is not null),
        FolderPerClassData folders => SetsAside(folders, folders.Dev is not null, folders.Test is not null),
        DelimitedData table => SetsAside(table, table.Dev is not null, table.Test is not null),
        JsonLinesData objects => SetsAside(objects, objects.Dev is not null, objects.Test is not null),
        ConllData tagged => SetsAside(tagged, tagged.Dev is not null, tagged.Test is not null),
        DependencyData trees => SetsAside(trees, trees.Dev is not null, trees.Test is not null),
        BracketedTreesData trees => SetsAside(trees, trees.Dev is not null, trees.Test is not null),
        ParentTreesData trees => SetsAside(trees, trees.Dev is not null, trees.Test is not null),
        TreePairsData pairs => SetsAside(pairs, pairs.Dev is not null, pairs.Test is not null),
        PlainTextData => false,
        _ => throw new ArgumentException($"no reader for {spec.GetType().Name}", nameof(spec)),
    };

    /// <summary>
    /// Reads, tokenises, counts and encodes the data.
    /// <para>
    /// Labelled: the vocabulary holds the words of the train part, and those of the other parts that have a vector, which prediction finds as well; under
    /// <see cref="VocabularyParts.AllParts"/> the words of all parts, as in Kim 2014. Words of the train part rarer there than <see cref="DataSpec.MinCount"/> become
    /// <see cref="WordVocabulary.UnknownRow"/> in it. What becomes of an example of which tokenising leaves nothing is
    /// <see cref="LabelledData.EmptyText"/>; where it is kept it has zero tokens, and models have to give it a prediction. Parts that no file is named for are set aside from the training examples by
    /// <see cref="LabelledData.DevFraction"/> and <see cref="LabelledData.TestFraction"/>: a random order by the seed, from which test takes first, then dev.
    /// With <see cref="LabelledData.Fold"/> the test part is a fold (<see cref="FoldAssignment"/>), and dev takes its share of the others.
    /// </para>
    /// <para>
    /// Unlabelled, as word2vec: words rarer than <see cref="DataSpec.MinCount"/> are left out, so that the words beside them become neighbours; sentences are cut
    /// into pieces of <see cref="LongestSentence"/> tokens; sentences of which nothing is left are dropped. With
    /// <see cref="PlainTextData.Phrases"/> neighbours that belong together are one word before words are counted.
    /// </para>
    /// <para>
    /// The unlabelled .NET documentation holds the sentences of every type, also those whose labelled sentences another job tests on. No label is in it; it stands to
    /// that job as text of the web does to any test set, and whoever compares with vectors from elsewhere should say so.
    /// </para>
    /// </summary>
    /// <exception cref="InvalidInputException">A file is missing, damaged or not what the settings say; the message names the place and the fix.</exception>
    /// <param name="spec">The job's data settings.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="vectors">Which words have a vector in what the job starts from; null: none.</param>
    public static PreparedData Prepare(DataSpec spec, ulong seed, VectorWords? vectors = null)
    {
        PreparedData data = Read(spec, seed, vectors);
        return data.Dev is { Count: < FewDevExamples } dev
            ? data with { Notes = [.. data.Notes, $"warning: the dev part has {dev.Count} examples; scores of fewer than {FewDevExamples} say little, and they choose the weights"] }
            : data;
    }

    private static PreparedData Read(DataSpec spec, ulong seed, VectorWords? vectors) => spec switch
    {
        DotnetDocsData { Labelled: true } docs => PrepareAreas(docs, seed, vectors),
        DotnetDocsData docs => PrepareSentences(docs),
        PlainTextData text => UnlabelledPreparation.Prepare(text),
        ConllData tagged => new TaggedPreparation(tagged, seed, vectors).Prepare(),
        DependencyData trees => new DependencyPreparation(trees, seed, vectors).Prepare(),
        TreePairsData pairs => new TreePairPreparation(pairs, seed, vectors).Prepare(),
        LabelledData labelled => PrepareFiles(labelled, seed, vectors),
        _ => throw new ArgumentException($"no reader for {spec.GetType().Name}", nameof(spec)),
    };

    /// <summary>
    /// Reads one more file in the form of a job's data and encodes it with the job's vocabulary, to evaluate a trained model on it. Data that has no form for
    /// one file of several classes (a file per class, the .NET documentation) is read as lines of a label, one blank or tab, and text. Unlabelled data is read
    /// as plain text.
    /// </summary>
    /// <param name="spec">The job's data settings.</param>
    /// <param name="file">The file, or of a job with a folder a class the folder of a part; a relative path starts from the current folder; <c>-</c>: standard input.</param>
    /// <param name="vocabulary">The job's vocabulary.</param>
    /// <param name="labels">The job's labels; empty for unlabelled data.</param>
    /// <param name="symbols">What else its annotations refer to; null: nothing.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or has a label that the job does not know.</exception>
    public static ExampleSet ReadExamples(DataSpec spec, string file, WordVocabulary vocabulary, IReadOnlyList<string> labels, IReadOnlyList<string>? symbols = null) =>
        ReadExamples(spec, file, _ => vocabulary, labels, symbols);

    /// <summary>Reads one more file likewise, with a vocabulary that is chosen once its words are known.</summary>
    /// <param name="spec">The job's data settings.</param>
    /// <param name="file">The file; a relative path starts from the current folder.</param>
    /// <param name="vocabulary">Called once, with the words of the file.</param>
    /// <param name="labels">The job's labels; empty for unlabelled data.</param>
    /// <param name="symbols">What else its annotations refer to; null: nothing.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, or has a label that the job does not know.</exception>
    public static ExampleSet ReadExamples(
        DataSpec spec, string file, VocabularyOfCounts vocabulary, IReadOnlyList<string> labels, IReadOnlyList<string>? symbols = null)
    {
        if (spec is DependencyData { Layout: DependencyLayout.Parallel })
            throw new InvalidInputException(file, "is one file, but a sentence of this job's data lies in three.", "Name a part of the job's data instead.");
        if (spec is ParentTreesData or TreePairsData)
            throw new InvalidInputException(file, "is one file, but an example of this job's data lies in several.", "Name a part of the job's data instead.");
        var files = new DataFiles(spec);
        if (spec is FolderPerClassData folders && Directory.Exists(file))
        {
            string folder = Path.GetFullPath(file);
            LabelledSource found = FolderPerClassReader.Find(folders, "--data", folder, folders.Labels, files);
            files.ThrowIfMissing();
            return LabelledPreparation.Read(spec, found.Read(), folder, vocabulary, labels);
        }

        SourceFile source = files.FromCommandLine(file);
        files.ThrowIfMissing();
        ExampleSet examples = spec switch
        {
            ConllData tagged => TaggedPreparation.Read(tagged, source, vocabulary, labels),
            DependencyData trees => DependencyPreparation.Read(trees, source, vocabulary, labels, symbols ?? []),
            LabelledData labelled when IsLabelled(spec) => LabelledPreparation.Read(spec, LabelledSources.ReadOne(labelled, source), source.Path, vocabulary, labels),
            _ => UnlabelledPreparation.Read(spec, source, vocabulary),
        };
        examples.Notes = [.. examples.Notes, .. files.Tally.Notes()];
        return examples;
    }

    /// <summary>Whether texts of a job's data stand in columns or fields, so that a file of the same form can be read without labels.</summary>
    public static bool HasTextFields(DataSpec spec) => spec is DelimitedData or JsonLinesData;

    /// <summary>Reads the texts of one more file in the form of a job's data, whether or not it has labels, to predict them.</summary>
    /// <param name="spec">The job's data settings, for which <see cref="HasTextFields"/>.</param>
    /// <param name="file">The file; a relative path starts from the current folder; <c>-</c>: standard input.</param>
    /// <exception cref="InvalidInputException">The file cannot be read; some of it may have been read by then.</exception>
    public static IEnumerable<string> ReadTexts(DataSpec spec, string file)
    {
        var files = new DataFiles(spec);
        SourceFile source = files.FromCommandLine(file);
        files.ThrowIfMissing();
        return LabelledSources.ReadTexts(spec, source) ?? throw new ArgumentException($"{spec.GetType().Name} has no fields of text", nameof(spec));
    }

    private static bool SetsAside(LabelledData spec, bool hasDevFile, bool hasTestFile) =>
        (spec.DevFraction > 0 && !hasDevFile) || (spec.TestFraction > 0 && !hasTestFile);

    private static PreparedData PrepareFiles(LabelledData spec, ulong seed, VectorWords? vectors)
    {
        var files = new DataFiles(spec);
        LabelledSources sources = LabelledSources.Of(spec, files);
        SourceFile? folds = spec.Fold?.File is { } path ? files.Resolve("data.fold.file", path) : null;
        files.ThrowIfMissing();
        PreparedData data = new LabelledPreparation(spec, seed, vectors).Prepare(sources, spec.DevFraction, spec.TestFraction, [], spec.Fold, folds);
        return data with { Notes = [.. data.Notes, .. files.Tally.Notes()] };
    }

    private static PreparedData PrepareAreas(DotnetDocsData spec, ulong seed, VectorWords? vectors)
    {
        IReadOnlyList<DocumentationPacks.Pack> packs = Packs(spec);
        DocumentationSelection.Parts parts = DocumentationSelection.Choose(DocumentationReader.Read(packs.SelectMany(p => p.Files)), spec, seed);
        LabelledSource Source(string setting, IReadOnlyList<AreaSentence> sentences) =>
            new(setting, "the .NET documentation", () => sentences.Select(s => new LabelledText(s.Type, 0, s.Area, s.Text)));
        var sources = new LabelledSources(
            Source("data.trainPerArea", parts.Train),
            parts.Dev.Count == 0 ? null : Source("data.devPerArea", parts.Dev),
            parts.Test.Count == 0 ? null : Source("data.testPerArea", parts.Test));
        return new LabelledPreparation(spec, seed, vectors).Prepare(sources, devFraction: 0, testFraction: 0, [NoteOf(packs)]);
    }

    private static PreparedData PrepareSentences(DotnetDocsData spec)
    {
        IReadOnlyList<DocumentationPacks.Pack> packs = Packs(spec);
        IEnumerable<string> sentences = DocumentationReader.Read(packs.SelectMany(p => p.Files)).SelectMany(m => m.Summary.Concat(m.Others)).Distinct(StringComparer.Ordinal);
        return UnlabelledPreparation.Prepare(spec, sentences, [NoteOf(packs)]);
    }

    private static IReadOnlyList<DocumentationPacks.Pack> Packs(DotnetDocsData spec) =>
        DocumentationPacks.Find(spec.Packs is null ? null : spec.PathOf(spec.Packs));

    private static string NoteOf(IReadOnlyList<DocumentationPacks.Pack> packs) => $"documentation of {string.Join(", ", packs.Select(p => p.Name))}";
}
