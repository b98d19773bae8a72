using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Lines of a label, one blank or tab, and text. Blank lines are skipped.</summary>
internal static class LabelledLinesReader
{
    private const string FastTextPrefix = "__label__";
    private const string Form = "A line is a label, one blank or tab, and text.";

    public static IEnumerable<LabelledText> Read(SourceFile file, string? labelEndsAt)
    {
        using TextReader text = file.OpenText();
        var lines = new LineReader(text);
        while (lines.Read(out string line))
        {
            if (string.IsNullOrWhiteSpace(line) || file.Skips(line))
                continue;
            int space = line.AsSpan().IndexOfAny(' ', '\t');
            if (space == 0)
                throw new InvalidInputException($"{file.Path}:{lines.Line}", "The line starts with white space, so it has no label.", Form);
            (string label, string said) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
            RefuseSeveral(label, said, $"{file.Path}:{lines.Line}");
            if (labelEndsAt is { Length: > 0 } && label.IndexOf(labelEndsAt, StringComparison.Ordinal) is >= 0 and int cut)
            {
                if (cut == 0)
                    throw new InvalidInputException($"{file.Path}:{lines.Line}", $"Nothing of the label '{label}' is left once it is cut at '{labelEndsAt}'.", "Check data.labelEndsAt.");
                label = label[..cut];
            }
            yield return new LabelledText(file.Path, lines.Line, label, said);
        }
    }

    /// <summary>fastText's files may have several labels on a line, and labels anywhere in it.</summary>
    private static void RefuseSeveral(string label, string text, string where)
    {
        if (!text.Contains(FastTextPrefix, StringComparison.Ordinal))
            return;
        string? other = text.Split([' ', '\t']).FirstOrDefault(word => word.StartsWith(FastTextPrefix, StringComparison.Ordinal));
        if (other is null)
            return;
        if (label.StartsWith(FastTextPrefix, StringComparison.Ordinal))
            throw new InvalidInputException(where, $"The line has several labels, '{label}' and '{other}'.", "An example has one label: keep one of them, or write a line for each.");
        throw new InvalidInputException(where, $"The label '{other}' does not stand at the start of the line.", Form);
    }
}
