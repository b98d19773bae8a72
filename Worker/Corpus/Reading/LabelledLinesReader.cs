using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Lines of a label, one blank or tab, and text. Blank lines are skipped.</summary>
internal static class LabelledLinesReader
{
    private const string Form = "A line is a label, one blank or tab, and text.";

    public static IEnumerable<LabelledText> Read(SourceFile file, string? labelEndsAt)
    {
        using TextReader text = file.OpenText();
        var lines = new LineReader(text);
        while (lines.Read(out string line))
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            int space = line.AsSpan().IndexOfAny(' ', '\t');
            if (space == 0)
                throw new InvalidInputException($"{file.Path}:{lines.Line}", "The line starts with white space, so it has no label.", Form);
            if (space < 0 || string.IsNullOrWhiteSpace(line[(space + 1)..]))
                throw new InvalidInputException($"{file.Path}:{lines.Line}", $"The label '{line.TrimEnd()}' has no text after it.", Form);
            string label = line[..space];
            if (labelEndsAt is { Length: > 0 } && label.IndexOf(labelEndsAt, StringComparison.Ordinal) is >= 0 and int cut)
            {
                if (cut == 0)
                    throw new InvalidInputException($"{file.Path}:{lines.Line}", $"Nothing of the label '{label}' is left once it is cut at '{labelEndsAt}'.", "Check data.labelEndsAt.");
                label = label[..cut];
            }
            yield return new LabelledText(file.Path, lines.Line, label, line[(space + 1)..]);
        }
    }
}
