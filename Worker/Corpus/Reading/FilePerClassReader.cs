namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Files whose every line is an example of one class. A blank line is an example without text; blank lines at the end are left out, and a note counts them. Classes are read in ordinal order, whatever the order of the job.</summary>
internal static class FilePerClassReader
{
    public static IEnumerable<LabelledText> Read(IReadOnlyDictionary<string, IReadOnlyList<SourceFile>> files)
    {
        foreach ((string label, SourceFile file) in files.OrderBy(f => f.Key, StringComparer.Ordinal).SelectMany(f => f.Value.Select(file => (f.Key, file))))
        {
            using TextReader text = file.OpenText();
            var lines = new LineReader(text);
            int blank = 0;
            while (lines.Read(out string line))
            {
                if (string.IsNullOrWhiteSpace(line))
                {
                    blank++;
                    continue;
                }

                for (; blank > 0; blank--)
                    yield return new LabelledText(file.Path, lines.Line - blank, label, "");
                if (!file.Skips(line))
                    yield return new LabelledText(file.Path, lines.Line, label, line);
            }

            if (blank > 0)
                file.Tally.Add(FormattableString.Invariant($"{Path.GetFileName(file.Path)}: {blank:N0} blank lines at its end are left out"));
        }
    }
}
