namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Files whose every line is an example of one class. Blank lines are skipped. Classes are read in ordinal order, whatever the order of the job.</summary>
internal static class FilePerClassReader
{
    public static IEnumerable<LabelledText> Read(IReadOnlyDictionary<string, IReadOnlyList<SourceFile>> files)
    {
        foreach ((string label, SourceFile file) in files.OrderBy(f => f.Key, StringComparer.Ordinal).SelectMany(f => f.Value.Select(file => (f.Key, file))))
        {
            using TextReader text = file.OpenText();
            var lines = new LineReader(text);
            while (lines.Read(out string line))
            {
                if (!string.IsNullOrWhiteSpace(line))
                    yield return new LabelledText(file.Path, lines.Line, label, line);
            }
        }
    }
}
