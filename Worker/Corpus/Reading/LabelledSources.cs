using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus.Trees;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Text of the parts that a job names files for.</summary>
/// <param name="Train">Training text.</param>
/// <param name="Dev">Dev text; null where no file is named.</param>
/// <param name="Test">Test text; null where no file is named.</param>
internal sealed record LabelledSources(LabelledSource Train, LabelledSource? Dev, LabelledSource? Test)
{
    /// <summary>Finds the files of a spec; those that are missing are reported by <paramref name="files"/>. Nothing is read yet.</summary>
    public static LabelledSources Of(LabelledData spec, DataFiles files) => spec switch
    {
        LabelledLinesData d => Single(d, d.Train, d.Dev, d.Test, files),
        DelimitedData d => Single(d, d.Train, d.Dev, d.Test, files),
        JsonLinesData d => Single(d, d.Train, d.Dev, d.Test, files),
        FilePerClassData d => PerClass(d, files),
        FolderPerClassData d => FolderPerClass(d, files),
        BracketedTreesData d => Single(d, d.Train, d.Dev, d.Test, files),
        ParentTreesData d => ParentTrees(d, files),
        _ => throw new ArgumentException($"{spec.GetType().Name} names no files", nameof(spec)),
    };

    /// <summary>Reads one file in the form of a spec, or as labelled lines where that form is not one file's.</summary>
    public static IEnumerable<LabelledText> ReadOne(LabelledData spec, SourceFile file) => spec switch
    {
        LabelledLinesData d => LabelledLinesReader.Read(file, d.LabelEndsAt),
        DelimitedData d => DelimitedReader.Read(file, d),
        JsonLinesData d => JsonLinesReader.Read(file, d),
        BracketedTreesData d => BracketedTreeReader.Read(file, d),
        _ => LabelledLinesReader.Read(file, null),
    };

    /// <summary>Reads the texts of a file in the form of a spec, with labels or without; null: the form is none that has texts beside labels in columns or fields.</summary>
    public static IEnumerable<string>? ReadTexts(DataSpec spec, SourceFile file) => (spec switch
    {
        DelimitedData d => DelimitedReader.Read(file, d, labelled: false),
        JsonLinesData d => JsonLinesReader.Read(file, d, labelled: false),
        _ => null,
    })?.Select(example => example.Text);

    private static LabelledSources Single(LabelledData spec, FilePaths train, FilePaths? dev, FilePaths? test, DataFiles files)
    {
        LabelledSource Source(string setting, FilePaths paths)
        {
            IReadOnlyList<SourceFile> found = files.ResolveAll(setting, paths);
            return new LabelledSource(setting, string.Join(", ", found.Select(file => file.Path)), () => found.SelectMany(file => ReadOne(spec, file)));
        }
        return new LabelledSources(
            Source("data.train", train), dev is null ? null : Source("data.dev", dev), test is null ? null : Source("data.test", test));
    }

    private static LabelledSources PerClass(FilePerClassData spec, DataFiles files)
    {
        var errors = new List<InputError>();
        LabelledSource Source(string setting, IReadOnlyDictionary<string, string> named)
        {
            foreach (string label in named.Keys.Where(l => !spec.Train.ContainsKey(l)).Order(StringComparer.Ordinal))
                errors.Add(UnknownLabel($"{setting}.{label}", label, spec.Train.Keys));
            var resolved = named.OrderBy(p => p.Key, StringComparer.Ordinal).ToDictionary(p => p.Key, p => files.ResolveAll($"{setting}.{p.Key}", p.Value));
            string paths = string.Join(", ", resolved.Values.SelectMany(found => found).Select(f => f.Path));
            return new LabelledSource(setting, paths, () => FilePerClassReader.Read(resolved), resolved.ToDictionary(f => f.Key, f => string.Join(", ", f.Value.Select(file => file.Path))));
        }
        var sources = new LabelledSources(
            Source("data.train", spec.Train), spec.Dev is null ? null : Source("data.dev", spec.Dev), spec.Test is null ? null : Source("data.test", spec.Test));
        return errors.Count == 0 ? sources : throw new InvalidInputException(errors);
    }

    private static LabelledSources FolderPerClass(FolderPerClassData spec, DataFiles files)
    {
        IReadOnlyList<string> labels = spec.Labels ?? FolderPerClassReader.Labels(spec.PathOf(spec.Train));
        LabelledSource Source(string setting, string folder) => FolderPerClassReader.Find(spec, setting, folder, labels, files);
        return new LabelledSources(
            Source("data.train", spec.Train), spec.Dev is null ? null : Source("data.dev", spec.Dev), spec.Test is null ? null : Source("data.test", spec.Test));
    }

    private static LabelledSources ParentTrees(ParentTreesData spec, DataFiles files)
    {
        LabelledSource? Source(string setting, ParentTreeFiles? named)
        {
            if (named is null)
                return null;
            SourceFile tokens = files.Resolve($"{setting}.tokens", named.Tokens), parents = files.Resolve($"{setting}.parents", named.Parents), labels = files.Resolve($"{setting}.labels", named.Labels);
            return new LabelledSource(setting, tokens.Path, () => ParentTreeReader.Read(tokens, parents, labels, spec));
        }

        return new LabelledSources(Source("data.train", spec.Train)!, Source("data.dev", spec.Dev), Source("data.test", spec.Test));
    }

    /// <summary>The error of a label that training does not know.</summary>
    public static InputError UnknownLabel(string where, string label, IEnumerable<string> known) => new(
        where,
        $"The label '{label}' has no training example; the labels are: {PrintableText.List(known.Order(StringComparer.Ordinal))}.",
        "Correct the label, or add training examples of it.");
}

/// <summary>Labelled text of one part.</summary>
/// <param name="Setting">The setting that names it.</param>
/// <param name="Files">Full path of its file or files.</param>
/// <param name="Read">Reads it from the beginning.</param>
/// <param name="Labels">Labels that the setting names and their files; null where only the files know their labels.</param>
internal sealed record LabelledSource(string Setting, string Files, Func<IEnumerable<LabelledText>> Read, IReadOnlyDictionary<string, string>? Labels = null);
