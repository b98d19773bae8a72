using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// CSV, TSV and their like, read by CsvHelper: fields in quotes may hold separators and line ends; every record has as many fields as there are columns. A quote
/// inside a field that does not start with one is a character as any other.
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
        IReadOnlyList<string>? columns = spec.Columns;
        int label = -1;
        int[] texts = [];
        while (parser.Read())
        {
            bool header = columns is null;
            columns ??= [.. parser.Record!.Select(c => c.Trim())];
            if (texts.Length == 0)
            {
                string where = header ? $"{file.Path}:{FirstLine(parser)}" : "data.columns";
                label = labelled ? ColumnOf(spec.LabelColumn, columns, where, "data.labelColumn", header) : -1;
                texts = [.. spec.TextColumns.Select(c => ColumnOf(c, columns, where, "data.textColumns", header))];
                if (header)
                    continue;
            }
            if (parser.Count != columns.Count)
            {
                throw new InvalidInputException(
                    $"{file.Path}:{FirstLine(parser)}",
                    $"The record has {parser.Count} fields, but there are {columns.Count} columns: {string.Join(", ", columns)}.",
                    "Put a field that holds the separator in quotes, or correct data.separator, data.columns or data.quotes.");
            }
            string name = labelled ? parser[label] : "";
            if (labelled && string.IsNullOrWhiteSpace(name))
                throw new InvalidInputException($"{file.Path}:{FirstLine(parser)}", $"The column '{spec.LabelColumn}' is empty.", "Give every record a label.");
            yield return new LabelledText(file.Path, FirstLine(parser), name, string.Join(' ', texts.Select(t => parser[t])));
        }
    }

    private static CsvConfiguration Configuration(SourceFile file, DelimitedData spec) => new(CultureInfo.InvariantCulture)
    {
        Delimiter = Separator(file, spec),
        Mode = spec.Quotes ? CsvMode.RFC4180 : CsvMode.NoEscape,
        BadDataFound = bad =>
        {
            if (!bad.Field.StartsWith('"'))
                return;
            // A field that is never closed runs to the end of the file and holds its last line end.
            bool open = bad.Field.EndsWith('\n') || bad.Field.EndsWith('\r');
            int line = bad.Context.Parser!.RawRow - LineEnds(bad.RawRecord) + (open || !EndsLine(bad.RawRecord) ? 0 : 1);
            throw new InvalidInputException(
                $"{file.Path}:{line}",
                $"A field starts with a quote, but its closing quote is {(open ? "missing" : "followed by more text")}: {Shorten(bad.Field)}",
                "Write a quote inside a quoted field twice, or set data.quotes to false if the file does not quote its fields.");
        },
    };

    private static string Separator(SourceFile file, DelimitedData spec)
    {
        string path = file.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file.Path[..^3] : file.Path;
        return spec.Separator switch
        {
            null => path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",",
            "tab" => "\t",
            { Length: 1 } one => one,
            _ => throw new InvalidInputException("data.separator", $"'{spec.Separator}' is no separator.", "Give one character, or tab."),
        };
    }

    private static int ColumnOf(string name, IReadOnlyList<string> columns, string where, string setting, bool header)
    {
        int[] found = [.. Enumerable.Range(0, columns.Count).Where(i => columns[i] == name)];
        if (found.Length == 1)
            return found[0];
        string what = found.Length == 0 ? $"There is no column '{name}'" : $"There are {found.Length} columns '{name}'";
        throw new InvalidInputException(
            where,
            $"{what}; the columns are: {string.Join(", ", columns)}.",
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

    private static string Shorten(string field) => field.Length <= 60 ? field.ReplaceLineEndings(" ") : field[..60].ReplaceLineEndings(" ") + "...";
}
