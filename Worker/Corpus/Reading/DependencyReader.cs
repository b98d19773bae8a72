using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A sentence with its dependencies.</summary>
/// <param name="Words">Its words as they are written.</param>
/// <param name="Heads">The number of each one's head, from 1; 0: the root.</param>
/// <param name="Relations">The relation of each to its head.</param>
/// <param name="Tags">The part-of-speech tag of each; empty: none are read.</param>
internal sealed record DependencySentence(IReadOnlyList<string> Words, IReadOnlyList<int> Heads, IReadOnlyList<string> Relations, IReadOnlyList<string> Tags);

/// <summary>Reads dependencies; every sentence is a tree.</summary>
internal static class DependencyReader
{
    private const int Number = 0, Word = 1, Coarse = 3, Fine = 4, Head = 6, Relation = 7;

    /// <summary>What the three files of <see cref="DependencyLayout.Parallel"/> are called behind their common name.</summary>
    public static readonly string[] Extensions = [".toks", ".parents", ".rels"];

    /// <summary>The sentences of a CoNLL file.</summary>
    /// <exception cref="InvalidInputException">A line is not of the form, or a sentence is no tree.</exception>
    public static IEnumerable<DependencySentence> ReadConll(SourceFile file, DependencyTags tags)
    {
        using TextReader text = file.OpenText();
        var lines = new LineReader(text);
        var rows = new List<string[]>();
        var numbers = new List<int>();
        bool bad = false;
        while (lines.Read(out string line))
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                if (rows.Count > 0 && !bad)
                    yield return Sentence(file, numbers, rows, tags);
                file.Tally.BadRecords += bad ? 1 : 0;
                (rows, numbers, bad) = ([], [], false);
                continue;
            }

            if (line[0] == '#' && rows.Count == 0)
                continue;
            bad |= file.IsBad(line);
            if (bad)
                continue;
            string[] cells = line.Split('\t');
            if (cells.Length <= Relation)
            {
                throw new InvalidInputException(Place(file, lines.Line), $"The line has {cells.Length} columns between tabs, but the relation is in column {Relation + 1}.",
                    "A line is number, word, lemma, coarse tag, fine tag, features, head, relation, and an empty line ends a sentence: correct it, or set data.layout.");
            }

            if (cells[Number].AsSpan().IndexOfAny('-', '.') > 0)
                continue;
            if (cells[Word].Length == 0)
            {
                throw new InvalidInputException(Place(file, lines.Line), $"Column {Word + 1}, that of the word, is empty.",
                    "Write the word, or an underscore where there is none.");
            }

            GivenName.CheckWords(cells[Word], file.Path, lines.Line);
            cells[Relation] = GivenName.Label(cells[Relation], file.Path, lines.Line);
            if (tags != DependencyTags.None)
                cells[Column(tags)] = GivenName.Label(cells[Column(tags)], file.Path, lines.Line);
            rows.Add(cells);
            numbers.Add(lines.Line);
            if (cells[Number] != rows.Count.ToString(CultureInfo.InvariantCulture))
                throw new InvalidInputException(Place(file, lines.Line), $"The word has the number '{cells[Number]}', but it is word {rows.Count} of its sentence.", "Correct the number, or put an empty line before a new sentence.");
        }

        if (rows.Count > 0 && !bad)
            yield return Sentence(file, numbers, rows, tags);
        file.Tally.BadRecords += bad ? 1 : 0;
    }

    /// <summary>The sentences of three parallel files.</summary>
    /// <exception cref="InvalidInputException">They do not fit together, or a sentence is no tree.</exception>
    public static IEnumerable<DependencySentence> ReadParallel(SourceFile words, SourceFile parents, SourceFile relations, EmptyExamples empty)
    {
        using TextReader wordText = words.OpenText(), parentText = parents.OpenText(), relationText = relations.OpenText();
        LineReader wordLines = new(wordText), parentLines = new(parentText), relationLines = new(relationText);
        while (true)
        {
            bool more = wordLines.Read(out string wordLine), moreParents = parentLines.Read(out string parentLine), moreRelations = relationLines.Read(out string relationLine);
            if (!more && !moreParents && !moreRelations)
            {
                empty.ThrowIfRefused();
                yield break;
            }
            if (!more || !moreParents || !moreRelations)
            {
                SourceFile shortest = !more ? words : !moreParents ? parents : relations;
                throw new InvalidInputException(shortest.Path, $"The file ends before line {wordLines.Line + (more ? 0 : 1)}, which the others have.", "Give files with a line for each sentence.");
            }

            if (words.Skips(wordLine + parentLine + relationLine))
                continue;
            GivenName.CheckWords(wordLine, words.Path, wordLines.Line);
            string[] tokens = Cut(wordLine), heads = Cut(parentLine), names = Cut(relationLine);
            if (heads.Length != tokens.Length || names.Length != tokens.Length)
            {
                SourceFile wrong = heads.Length != tokens.Length ? parents : relations;
                throw new InvalidInputException(Place(wrong, wordLines.Line), $"The line has {(wrong == parents ? heads : names).Length} entries for {tokens.Length} words.", "Give one for each word, with a blank between.");
            }

            if (tokens.Length == 0 && empty.LeavesOut(Place(words, wordLines.Line), ""))
                continue;
            for (int word = 0; word < names.Length; word++)
                names[word] = GivenName.Label(names[word], relations.Path, relationLines.Line);
            yield return new DependencySentence(tokens, Tree(parents, [.. Enumerable.Repeat(wordLines.Line, heads.Length)], heads), names, []);
        }
    }

    private static string[] Cut(string line) => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static DependencySentence Sentence(SourceFile file, List<int> lines, List<string[]> rows, DependencyTags tags) => new(
        [.. rows.Select(r => r[Word])], Tree(file, lines, [.. rows.Select(r => r[Head])]), [.. rows.Select(r => r[Relation])],
        tags == DependencyTags.None ? [] : [.. rows.Select(r => r[Column(tags)])]);

    private static int Column(DependencyTags tags) => tags == DependencyTags.Coarse ? Coarse : Fine;

    /// <summary>The heads as numbers, if they make a tree.</summary>
    private static int[] Tree(SourceFile file, List<int> lines, string[] heads)
    {
        var numbers = new int[heads.Length];
        for (int word = 0; word < heads.Length; word++)
        {
            if (!int.TryParse(heads[word], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[word]) || numbers[word] > heads.Length || numbers[word] == word + 1)
            {
                throw new InvalidInputException(Place(file, lines[word]), $"'{heads[word]}' is no head of word {word + 1} of {heads.Length}.",
                    "A head is the number of another word of the sentence, or 0 for the root.");
            }
        }

        for (int word = 0; word < numbers.Length; word++)
        {
            int at = word + 1;
            for (int up = 0; at != 0; up++)
            {
                if (up > numbers.Length)
                    throw new InvalidInputException(Place(file, lines[0]), $"The heads of the sentence make no tree: from word {word + 1} no way leads to the root.", "Correct the heads.");
                at = numbers[at - 1];
            }
        }

        return numbers;
    }

    private static string Place(SourceFile file, int line) => string.Create(CultureInfo.InvariantCulture, $"{file.Path}:{line}");
}
