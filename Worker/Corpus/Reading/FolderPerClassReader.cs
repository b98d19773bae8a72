using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A folder for each class, a file for each example: its text, line ends and all. Classes and files are read in ordinal order.</summary>
internal static class FolderPerClassReader
{
    /// <summary>Finds the files of a part.</summary>
    /// <param name="spec">The data.</param>
    /// <param name="setting">The setting that names the part's folder.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="labels">The classes; null: every folder in it.</param>
    /// <param name="files">Finds files, and takes the errors.</param>
    public static LabelledSource Find(FolderPerClassData spec, string setting, string folder, IReadOnlyList<string>? labels, DataFiles files)
    {
        string root = spec.PathOf(folder);
        labels ??= Labels(root);
        if (labels.Count == 0)
            files.Refuse(setting, Directory.Exists(root) ? $"{root} has no folders in it." : $"There is no folder {root}.", "Name a folder in which a folder of each class lies, such as train with train/neg and train/pos.");
        var found = new SortedDictionary<string, IReadOnlyList<SourceFile>>(StringComparer.Ordinal);
        foreach (string label in labels)
        {
            string own = Path.Combine(root, label);
            IReadOnlyList<string> paths = Directory.Exists(own) ? FilePattern.Files(Path.Combine(own, spec.Files)) : [];
            if (paths.Count == 0)
                files.Refuse(setting, Directory.Exists(own) ? $"No file of {own} is named as data.files has it, {spec.Files}." : $"There is no folder {own}.", "Check data.labels and data.files.");
            found.Add(label, [.. paths.Select(path => files.Of(setting, path))]);
        }

        return new LabelledSource(setting, root, () => Read(found), found.ToDictionary(pair => pair.Key, pair => Path.Combine(root, pair.Key)));
    }

    /// <summary>The folders in a folder, which are classes where no others are named.</summary>
    public static IReadOnlyList<string> Labels(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateDirectories(folder).Select(Path.GetFileName).OfType<string>().Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)]
        : [];

    private static IEnumerable<LabelledText> Read(SortedDictionary<string, IReadOnlyList<SourceFile>> found)
    {
        foreach ((string label, IReadOnlyList<SourceFile> examples) in found)
        {
            foreach (SourceFile file in examples)
            {
                using TextReader text = file.OpenText();
                yield return new LabelledText(file.Path, 0, label, text.ReadToEnd());
            }
        }
    }
}
