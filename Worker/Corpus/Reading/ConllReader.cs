using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A sentence of a CoNLL file.</summary>
/// <param name="Words">Its words as they are written.</param>
/// <param name="Tags">Their tags as they are written: O, or B or I, a hyphen and a type.</param>
/// <param name="Lines">The line of each.</param>
internal sealed record TaggedSentence(IReadOnlyList<string> Words, IReadOnlyList<string> Tags, IReadOnlyList<int> Lines);

/// <summary>Reads columns of words and tags, an empty line after each sentence. Blanks (U+0020) and tabs separate columns, nothing else.</summary>
internal static class ConllReader
{
    private const string DocumentStart = "-DOCSTART-";

    /// <summary>The sentences of a file.</summary>
    /// <exception cref="InvalidInputException">A line is not of the form that the settings say.</exception>
    public static IEnumerable<TaggedSentence> Read(SourceFile file, ConllData spec)
    {
        using TextReader text = file.OpenText();
        var lines = new LineReader(text);
        List<string> words = [], tags = [];
        List<int> numbers = [];
        int columns = 0;
        while (lines.Read(out string line))
        {
            if (spec.Comment is { } comment && line.StartsWith(comment, StringComparison.Ordinal))
                continue;
            string[] cells = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length == 0 || cells.Contains(DocumentStart))
            {
                if (words.Count > 0)
                    yield return new TaggedSentence(words, tags, numbers);
                (words, tags, numbers) = ([], [], []);
                continue;
            }

            columns = columns == 0 ? cells.Length : columns;
            CheckColumns(cells, columns, spec, file, lines.Line);
            string tag = cells[(spec.TagColumn ?? cells.Length) - 1];
            if (tag != "O" && !(tag.Length > 2 && tag[0] is 'B' or 'I' && tag[1] == '-'))
            {
                throw new InvalidInputException(Place(file, lines.Line), $"The tag '{tag}' is not O, and not B or I, a hyphen and a type such as B-PER.",
                    "Correct the line, or name the tag's column with data.tagColumn.");
            }

            words.Add(cells[spec.WordColumn - 1]);
            tags.Add(tag);
            numbers.Add(lines.Line);
        }

        if (words.Count > 0)
            yield return new TaggedSentence(words, tags, numbers);
    }

    /// <summary>A line of a file, as errors name it.</summary>
    public static string Place(SourceFile file, int line) => string.Create(CultureInfo.InvariantCulture, $"{file.Path}:{line}");

    private static void CheckColumns(string[] cells, int columns, ConllData spec, SourceFile file, int line)
    {
        int needed = Math.Max(spec.WordColumn, spec.TagColumn ?? spec.WordColumn + 1);
        if (cells.Length < needed)
        {
            throw new InvalidInputException(Place(file, line), $"The line has {cells.Length} of the {needed} columns that word and tag are in.",
                "A line is a word and its tag with blanks or tabs between, and an empty line ends a sentence: correct the line, data.wordColumn or data.tagColumn.");
        }

        if (spec.TagColumn is null && cells.Length != columns)
        {
            throw new InvalidInputException(Place(file, line), $"The line has {cells.Length} columns, but the lines before have {columns}, so it is not known which is the tag.",
                "Correct the line, or name the tag's column with data.tagColumn.");
        }
    }
}
