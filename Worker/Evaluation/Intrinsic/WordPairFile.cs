using System.Globalization;
using DistEmbed.Protocol;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>Two words and how similar people say they are.</summary>
/// <param name="First">A word.</param>
/// <param name="Second">Another.</param>
/// <param name="Score">The mean of people's judgements, on any scale.</param>
public sealed record WordPair(string First, string Second, double Score);

/// <summary>
/// A set of word pairs. Two words and a score a line, with tabs, commas, semicolons or blanks between; which, and in which column the score is (the first number after the
/// words: SimLex-999 and SimVerb-3500 have a part of speech before it), most lines tell. The first line may be a
/// header: it has a word where the others have
/// the score. Blank lines and lines that begin with <c>#</c> do not count, as in gensim.
/// </summary>
/// <param name="Name">Name of the set.</param>
/// <param name="Pairs">The pairs in the order of the file; at least one.</param>
public sealed record WordPairFile(string Name, IReadOnlyList<WordPair> Pairs)
{
    private const string Fix = "Write two words and a number, with tabs, commas, semicolons or blanks between.";

    /// <summary>The first line, where it is a header; null: the file has none.</summary>
    public string? Header { get; init; }

    /// <summary>In the order in which they are tried; the blank stands for any number of blanks and tabs.</summary>
    private static readonly char[] s_separators = ['\t', ';', ',', ' '];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">It is missing, or a line is no pair; carries every error.</exception>
    public static WordPairFile Read(string path)
    {
        (int Number, string Text)[] lines = [.. EvaluationText.Lines(path).Where(line => !line.Text.StartsWith('#'))];
        if (lines.Length == 0)
            throw new InvalidInputException(path, "has no pairs.", Fix);
        Form form = FormOfMost([.. lines.Select(line => FormOf(line.Text))])
            ?? throw new InvalidInputException($"{path}:{lines[0].Number}", $"is no pair: '{EvaluationText.Shown(lines[0].Text)}'.", Fix);
        string? header = null;
        var pairs = new List<WordPair>();
        var errors = new List<InputError>();
        for (int i = 0; i < lines.Length; i++)
        {
            string[] fields = form.Split(lines[i].Text);
            if (fields.Length > form.Score && fields[0].Length > 0 && fields[1].Length > 0 && Number(fields[form.Score]) is { } score)
                pairs.Add(new WordPair(fields[0], fields[1], score));
            else if (i == 0 && IsHeader(fields, form))
                header = lines[i].Text;
            else
                errors.Add(new InputError($"{path}:{lines[i].Number}", $"is no pair as the other lines: '{EvaluationText.Shown(lines[i].Text)}'.", form.Fix));
        }

        if (errors.Count > 0)
            throw new InvalidInputException(errors);
        return pairs.Count > 0 ? new WordPairFile(EvaluationText.NameOf(path), pairs) { Header = header } : throw new InvalidInputException(path, "has no pairs.", Fix);
    }

    /// <summary>
    /// The form of most lines. A header may hold numbers too, so of forms that as many lines have the lines behind the
    /// first decide, the earliest of them first.
    /// </summary>
    private static Form? FormOfMost(IReadOnlyList<Form?> forms) => forms
        .Select((form, line) => (Form: form, Line: line)).Where(found => found.Form is not null).GroupBy(found => found.Form, found => found.Line)
        .OrderByDescending(group => group.Count()).ThenByDescending(group => group.Count(line => line > 0)).FirstOrDefault()?.Key;

    /// <summary>
    /// Whether a line that is no pair has a name in the score's column: a number with a comma in it, or none at all,
    /// is a mistake.
    /// </summary>
    private static bool IsHeader(string[] fields, Form form) => fields.Length > form.Score && fields[form.Score].TrimStart('"', '(') is [var first, ..] && char.IsLetter(first);

    private static Form? FormOf(string line)
    {
        foreach (char separator in s_separators)
        {
            string[] fields = new Form(separator, 0).Split(line);
            int score = Array.FindIndex(fields, Math.Min(2, fields.Length), field => Number(field) is not null);
            if (score >= 0 && fields[0].Length > 0 && fields[1].Length > 0)
                return new Form(separator, score);
        }

        return null;
    }

    private static double? Number(string field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    /// <summary>How the lines of a file are cut.</summary>
    /// <param name="Separator">What is between fields.</param>
    /// <param name="Score">Index of the field with the score.</param>
    private readonly record struct Form(char Separator, int Score)
    {
        public string Fix
        {
            get
            {
                string between = Separator switch { '\t' => "tabs", ';' => "semicolons", ',' => "commas", _ => "blanks" };
                return $"Write two words, and the score as field {Score + 1}, with {between} between.";
            }
        }

        public string[] Split(string line) => Separator == ' '
            ? line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
            : line.Split(Separator, StringSplitOptions.TrimEntries);
    }
}
