using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A sentence of a CoNLL file.</summary>
/// <param name="Words">Its words as they are written.</param>
/// <param name="Tags">Their tags as they are written; <see cref="TagScheme"/> knows what they mean.</param>
/// <param name="Lines">The line of each.</param>
internal sealed record TaggedSentence(IReadOnlyList<string> Words, IReadOnlyList<string> Tags, IReadOnlyList<int> Lines);

/// <summary>
/// Reads columns of words and tags, an empty line after each sentence. Tabs separate columns, or blanks (U+0020) where a file has no tabs, and nothing else: between tabs a
/// word may hold blanks.
/// </summary>
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
        bool tabs = false, bad = false;
        while (lines.Read(out string line))
        {
            if (spec.Comment is { } comment && line.StartsWith(comment, StringComparison.Ordinal))
                continue;
            if (string.IsNullOrWhiteSpace(line) || (line.Contains(DocumentStart, StringComparison.Ordinal) && line.Split([' ', '\t']).Contains(DocumentStart)))
            {
                if (words.Count > 0 && !bad)
                    yield return new TaggedSentence(words, tags, numbers);
                file.Tally.BadRecords += bad ? 1 : 0;
                (words, tags, numbers, bad) = ([], [], [], false);
                continue;
            }

            bad |= file.IsBad(line);
            if (bad)
                continue;
            if (tabs && !line.Contains('\t'))
                throw new InvalidInputException(Place(file, lines.Line), "The line has no tab, but in the lines before tabs separate columns.", "Separate its columns by tabs too.");
            tabs |= line.Contains('\t');
            string[] cells = tabs ? [.. line.Split('\t').Select(cell => cell.Trim(' '))] : line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // Where the tag's column is named, sentences may differ, as those of CoNLL 2012 do.
            columns = columns == 0 || (words.Count == 0 && spec.TagColumn is not null) ? cells.Length : columns;
            CheckColumns(cells, columns, spec, file, lines.Line);
            string word = cells[spec.WordColumn - 1], tag = cells[(spec.TagColumn ?? cells.Length) - 1];
            if (word.Length == 0 || tag.Length == 0)
            {
                throw new InvalidInputException(Place(file, lines.Line), $"Column {(word.Length == 0 ? spec.WordColumn : spec.TagColumn ?? cells.Length)}, that of the {(word.Length == 0 ? "word" : "tag")}, is empty.",
                    "Correct the line, data.wordColumn or data.tagColumn.");
            }

            GivenName.CheckWords(word, file.Path, lines.Line);
            words.Add(word);
            tags.Add(tag);
            numbers.Add(lines.Line);
        }

        if (words.Count > 0 && !bad)
            yield return new TaggedSentence(words, tags, numbers);
        file.Tally.BadRecords += bad ? 1 : 0;
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

        if (cells.Length != columns)
        {
            throw new InvalidInputException(Place(file, line), $"The line has {cells.Length} columns, but the lines before have {columns}, so it is not known which is the tag.",
                spec.TagColumn is null ? "Correct the line, or name the tag's column with data.tagColumn." : "Correct the line: those of a sentence have the same columns; a word with a blank needs tabs around it.");
        }
    }
}
