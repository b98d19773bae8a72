using System.Text;
using System.Text.RegularExpressions;
using DistEmbed.Protocol.Files;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Protocol.Jobs;

/// <summary>The row selectors of a job, and the words that they meet.</summary>
public static class RowSelectors
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The different selectors of a job's phases, in the order in which rules name them first.</summary>
    public static IReadOnlyList<RowSelectorSpec> Of(JobSpec spec) =>
        [.. JobPhases.Of(spec).SelectMany(phase => phase.Rules).Select(rule => rule.Rows).OfType<RowSelectorSpec>().Distinct()];

    /// <summary>Decides which words each selector meets; null where the job has none.</summary>
    /// <param name="spec">A valid job.</param>
    /// <param name="vocabulary">Its words.</param>
    /// <param name="hasVector">Whether a row starts with a vector of the job's file.</param>
    /// <exception cref="InvalidInputException">A file of words cannot be read.</exception>
    public static RowClasses? Resolve(JobSpec spec, WordVocabulary vocabulary, Func<int, bool> hasVector)
    {
        IReadOnlyList<RowSelectorSpec> selectors = Of(spec);
        if (selectors.Count == 0)
            return null;
        Func<int, bool>[] meets = [.. selectors.Select(selector => Test(selector, spec, vocabulary, hasVector))];
        var known = new Dictionary<ulong, ushort> { [0] = 0 };
        var classes = new ushort[vocabulary.Rows];
        for (int row = WordVocabulary.UnknownRow; row < classes.Length; row++)
        {
            ulong met = 0;
            for (int i = 0; i < meets.Length; i++)
            {
                if (meets[i](row))
                    met |= 1UL << i;
            }

            if (!known.TryGetValue(met, out ushort @class))
                known.Add(met, @class = (ushort)known.Count);

            classes[row] = @class;
        }

        return new RowClasses([.. known.Keys], classes);
    }

    /// <summary>Reads every file of words that selectors name, and keeps nothing: what is wrong shows before anything is trained.</summary>
    /// <exception cref="InvalidInputException">A file of words cannot be read.</exception>
    public static void CheckFiles(JobSpec spec)
    {
        foreach (RowSelectorSpec selector in Of(spec))
            NamedWords(selector, spec);
    }

    /// <summary>Words that selectors name and the vocabulary does not have, in the order in which they are named.</summary>
    /// <exception cref="InvalidInputException">A file of words cannot be read.</exception>
    public static IReadOnlyList<string> Unknown(JobSpec spec, WordVocabulary vocabulary) =>
        [.. Of(spec).SelectMany(selector => NamedWords(selector, spec) ?? []).Distinct(StringComparer.Ordinal).Where(word => !vocabulary.TryRowOf(word, out _))];

    private static Func<int, bool> Test(RowSelectorSpec selector, JobSpec spec, WordVocabulary vocabulary, Func<int, bool> hasVector)
    {
        HashSet<int>? named = NamedWords(selector, spec) is { } words ? [.. words.Where(word => vocabulary.TryRowOf(word, out _)).Select(vocabulary.RowOf)] : null;
        Regex? pattern = selector.Pattern is { } text ? PatternOf(text) : null;
        bool ofWords = selector is not { FromRank: null, ToRank: null, FromCount: null, ToCount: null } || named is not null || pattern is not null;
        return row =>
        {
            if (row < WordVocabulary.FirstWordRow && ofWords)
                return false;
            int rank = row - WordVocabulary.FirstWordRow + 1;
            return (selector.Pretrained is not { } pretrained || pretrained == hasVector(row))
                && !(rank < selector.FromRank) && !(rank > selector.ToRank)
                && !(vocabulary.Count(row) < selector.FromCount) && !(vocabulary.Count(row) > selector.ToCount)
                && named?.Contains(row) != false && pattern?.IsMatch(vocabulary.Word(row)) != false;
        };
    }

    /// <summary>The expression of a pattern: no backtracking, so that no word takes long.</summary>
    /// <exception cref="ArgumentException">It is no such expression.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    internal static Regex PatternOf(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static IEnumerable<string>? NamedWords(RowSelectorSpec selector, JobSpec spec)
    {
        if (selector.File is not { } file)
            return selector.Words.Count > 0 ? selector.Words : null;
        string[] ofFile = ReadWords(spec.Data.PathOf(file));
        return selector.Words.Count > 0 ? ofFile.Intersect(selector.Words, StringComparer.Ordinal) : ofFile;
    }

    /// <summary>Refuses what is no text, or text that is no UTF-8 although its bytes could be.</summary>
    private static void RefuseOther(string path)
    {
        byte[] start = new byte[ContentKind.SampleBytes];
        using FileStream file = File.OpenRead(path);
        ReadOnlySpan<byte> sample = start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false));
        if (ContentKind.Of(sample) is { } kind)
            throw new InvalidInputException(path, $"The file is {kind.Name}.", kind.Fix);
        if (UnmarkedUnicode.Of(sample) is { } encoding)
            throw new InvalidInputException(path, $"The file is {encoding} text without a byte order mark.", "Convert it to UTF-8.");
    }

    private static string[] ReadWords(string path)
    {
        try
        {
            RefuseOther(path);
            return [.. File.ReadLines(path, s_utf8).Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            string what = unreadable is DecoderFallbackException ? "The file is no UTF-8." : unreadable is FileNotFoundException or DirectoryNotFoundException ? "There is no such file." : unreadable.Message;
            throw new InvalidInputException(new InputError(path, what, "Give rows.file a file with a word a line; a relative path starts from data.root."), unreadable);
        }
    }
}
