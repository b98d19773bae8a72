using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// CSV, TSV and their like, read by CsvHelper: where the file quotes, fields in quotes may hold separators and line ends; every record has as many fields as there are columns.
/// A quote inside a field that does not start with one is a character as any other. A note says where quotes look as if the setting were wrong.
/// </summary>
internal static class DelimitedReader
{
    /// <summary>Reads the records.</summary>
    /// <param name="file">The file.</param>
    /// <param name="spec">Its form.</param>
    /// <param name="labelled">Whether records have labels; else that column need not be there, and labels are empty.</param>
    public static IEnumerable<LabelledText> Read(SourceFile file, DelimitedData spec, bool labelled = true)
    {
        using TextReader text = file.OpenText();
        using var parser = new CsvParser(text, Configuration(file, spec));
        bool quotes = spec.QuotesIn(file.Path);
        IReadOnlyList<string>? columns = spec.Columns is null ? null : [.. spec.Columns.Select(GivenName.Trim)];
        int label = -1, quoted = 0, overLines = 0, longest = 0, longestAt = 0;
        int[] texts = [];
        while (parser.Read())
        {
            bool header = columns is null;
            if (header && file.IsBad(parser.RawRecord))
                throw new InvalidInputException($"{file.Path}:{FirstLine(parser)}", $"The header line has bytes that are not {file.EncodingName}.", "Correct it, or set data.encoding.");
            columns ??= [.. parser.Record!.Select(GivenName.Trim)];
            if (texts.Length == 0)
            {
                string where = header ? $"{file.Path}:{FirstLine(parser)}" : "data.columns";
                label = labelled ? ColumnOf(spec.LabelColumn, columns, where, "data.labelColumn", header) : -1;
                texts = [.. spec.TextColumns.Select(c => ColumnOf(c, columns, where, "data.textColumns", header))];
                if (header)
                    continue;
            }
            if (file.Skips(parser.RawRecord))
                continue;
            if (parser.Count != columns.Count)
            {
                throw new InvalidInputException(
                    $"{file.Path}:{FirstLine(parser)}",
                    $"The record has {parser.Count} fields, but there are {columns.Count} columns: {PrintableText.List(columns)}.",
                    "Put a field that holds the separator in quotes, or correct data.separator, data.columns or data.quotes.");
            }
            string name = labelled ? parser[label] : "";
            if (labelled && string.IsNullOrWhiteSpace(name))
                throw new InvalidInputException($"{file.Path}:{FirstLine(parser)}", $"The column '{spec.LabelColumn}' is empty.", "Give every record a label.");
            string content = string.Join(' ', texts.Select(t => parser[t]));
            int lines = LineEnds(parser.RawRecord) + (EndsLine(parser.RawRecord) ? 0 : 1);
            if (quotes && lines > 1)
            {
                overLines++;
                if (lines > longest)
                    (longest, longestAt) = (lines, FirstLine(parser));
            }
            else if (!quotes && spec.Quotes is null && (IsQuoted(name) || texts.Any(t => IsQuoted(parser[t]))))
            {
                quoted++;
            }

            yield return new LabelledText(file.Path, FirstLine(parser), name, content);
        }

        if (overLines > 0)
            file.Tally.Add(Invariant($"{Path.GetFileName(file.Path)}: {overLines:N0} records with line ends in quotes; the longest, at line {longestAt}, has {longest} lines"));
        if (quoted > 0)
            file.Tally.Add(Invariant($"{Path.GetFileName(file.Path)}: {quoted:N0} records with a field in quotes, which are kept as characters (data.quotes)"));
    }

    private static bool IsQuoted(string field) => field.Length > 1 && field[0] == '"' && field[^1] == '"';

    private static CsvConfiguration Configuration(SourceFile file, DelimitedData spec) => new(CultureInfo.InvariantCulture)
    {
        Delimiter = spec.SeparatorOf(file.Path),
        Mode = spec.QuotesIn(file.Path) ? CsvMode.RFC4180 : CsvMode.NoEscape,
        BadDataFound = bad =>
        {
            if (!bad.Field.StartsWith('"'))
                return;
            // A field that is never closed runs to the end of the file and holds its last line end.
            bool open = bad.Field.EndsWith('\n') || bad.Field.EndsWith('\r');
            int line = bad.Context.Parser!.RawRow - LineEnds(bad.RawRecord) + (open || !EndsLine(bad.RawRecord) ? 0 : 1);
            throw new InvalidInputException(
                $"{file.Path}:{line}",
                $"A field starts with a quote, but its closing quote is {(open ? "missing" : "followed by more text")}: {PrintableText.Excerpt(bad.Field)}",
                "Write a quote inside a quoted field twice, or set data.quotes to false if the file does not quote its fields.");
        },
    };

    private static int ColumnOf(string name, IReadOnlyList<string> columns, string where, string setting, bool header)
    {
        int[] found = [.. Enumerable.Range(0, columns.Count).Where(i => columns[i] == GivenName.Trim(name))];
        if (found.Length == 1)
            return found[0];
        string what = found.Length == 0 ? $"There is no column '{name}'" : $"There are {found.Length} columns '{name}'";
        throw new InvalidInputException(
            where,
            $"{what}; the columns are: {PrintableText.List(columns)}.",
            header ? $"Correct {setting} or data.separator, or name the columns in data.columns if the file has no header line." : $"Correct {setting} or data.columns.");
    }

    // Of the record that was read last; the parser knows only where it ends.
    private static int FirstLine(CsvParser parser) => parser.RawRow - LineEnds(parser.RawRecord) + (EndsLine(parser.RawRecord) ? 1 : 0);

    private static bool EndsLine(string record) => record.EndsWith('\n') || record.EndsWith('\r');

    private static int LineEnds(string record)
    {
        int count = 0;
        for (int i = 0; i < record.Length; i++)
        {
            if (record[i] == '\n' || (record[i] == '\r' && (i + 1 == record.Length || record[i + 1] != '\n')))
                count++;
        }
        return count;
    }
}
