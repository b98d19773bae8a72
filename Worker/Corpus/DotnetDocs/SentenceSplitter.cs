using System.Text;

namespace DistEmbed.Worker.Corpus.DotnetDocs;

/// <summary>
/// Cuts prose into sentences by a fixed rule: after <c>. ! ?</c> (and closing quotes or brackets) where a blank and then a capital, digit, quote or opening
/// bracket follow, but not after e.g., i.e., vs., cf. White space collapses to one blank.
/// </summary>
internal static class SentenceSplitter
{
    private static readonly string[] Abbreviations = ["e.g.", "i.e.", "vs.", "cf.", "etc.)"];

    /// <summary>Appends the sentences of <paramref name="text"/>; <paramref name="paragraph"/> ends one too.</summary>
    public static void Split(string text, char paragraph, List<string> sentences)
    {
        foreach (Range part in text.AsSpan().Split(paragraph))
        {
            string prose = Collapse(text.AsSpan()[part]);
            int start = 0;
            for (int i = 0; i < prose.Length; i++)
            {
                if (prose[i] == ' ' && EndsSentence(prose.AsSpan(start, i - start)) && StartsSentence(prose[i + 1]))
                {
                    sentences.Add(prose[start..i]);
                    start = i + 1;
                }
            }
            if (start < prose.Length)
                sentences.Add(prose[start..]);
        }
    }

    private static bool EndsSentence(ReadOnlySpan<char> text)
    {
        if (text.TrimEnd("\"')]\u201d\u2019") is not [.., '.' or '!' or '?'])
            return false;
        foreach (string abbreviation in Abbreviations)
        {
            if (text.EndsWith(abbreviation, StringComparison.OrdinalIgnoreCase))
                return false;
        }
        return true;
    }

    private static bool StartsSentence(char c) => char.IsUpper(c) || char.IsDigit(c) || c is '"' or '\'' or '(' or '[' or '<' or '\u201c';

    private static string Collapse(ReadOnlySpan<char> text)
    {
        var prose = new StringBuilder(text.Length);
        bool blank = false;
        foreach (char c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                blank = true;
                continue;
            }
            if (blank && prose.Length > 0)
                prose.Append(' ');
            blank = false;
            prose.Append(c);
        }
        return prose.ToString();
    }
}
