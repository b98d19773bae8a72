using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Vocabulary;

/// <summary>
/// Normalises text (UAX 15): the same letters, written in one way. .NET leaves that to ICU, which these programs do without, so that no result follows the machine. Data are those of
/// Unicode 14; what came later stays as it is.
/// </summary>
public static class UnicodeNormalization
{
    // Hangul syllables are computed: consonant, vowel, and a final consonant or none.
    private const int Syllables = 0xAC00, Leads = 0x1100, Vowels = 0x1161, Finals = 0x11A7, LeadCount = 19, VowelCount = 21, FinalCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * FinalCount;

    private static readonly Lazy<Tables> s_tables = new(Tables.Read);

    /// <summary>Text in a form; the same string where it has that form already and is plain enough to see it.</summary>
    public static string Of(string text, Normalization form)
    {
        // Nothing composes with what is before U+0300, nothing is compatible with something else within ASCII.
        char plain = form == Normalization.Nfkc ? '\u007F' : '\u02FF';
        if (form == Normalization.None || text.AsSpan().IndexOfAnyExceptInRange('\0', plain) < 0)
            return text;
        Tables tables = s_tables.Value;
        var characters = new List<(int Code, int Class)>(text.Length + 8);
        for (int i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                Decompose(rune.Value, form == Normalization.Nfkc, tables, characters);
                i += rune.Utf16SequenceLength;
            }
            else
            {
                characters.Add((text[i++], 0)); // half of a pair stays
            }
        }

        Reorder(characters);
        Compose(characters, tables);
        var normal = new StringBuilder(text.Length);
        foreach ((int code, _) in characters)
            _ = Rune.IsValid(code) ? normal.Append(new Rune(code)) : normal.Append((char)code);
        return normal.ToString();
    }

    private static void Decompose(int code, bool compatible, Tables tables, List<(int, int)> into)
    {
        int syllable = code - Syllables;
        if (syllable is >= 0 and < SyllableCount)
        {
            into.Add((Leads + (syllable / (VowelCount * FinalCount)), 0));
            into.Add((Vowels + (syllable / FinalCount % VowelCount), 0));
            if (syllable % FinalCount > 0)
                into.Add((Finals + (syllable % FinalCount), 0));
        }
        else if (tables.Parts.TryGetValue(code, out (int[] Codes, bool IsCompatible) parts) && (compatible || !parts.IsCompatible))
        {
            foreach (int part in parts.Codes)
                Decompose(part, compatible, tables, into);
        }
        else
        {
            into.Add((code, tables.Classes.GetValueOrDefault(code)));
        }
    }

    /// <summary>Puts marks that do not touch each other in the order of their classes; those of one class keep theirs.</summary>
    private static void Reorder(List<(int Code, int Class)> characters)
    {
        for (int i = 1; i < characters.Count; i++)
        {
            (int, int Class) moved = characters[i];
            int to = i;
            for (; moved.Class > 0 && to > 0 && characters[to - 1].Class > moved.Class; to--)
                characters[to] = characters[to - 1];
            characters[to] = moved;
        }
    }

    private static void Compose(List<(int Code, int Class)> characters, Tables tables)
    {
        int starter = -1, kept = 0, last = 0;
        for (int i = 0; i < characters.Count; i++)
        {
            (int code, int combining) = characters[i];
            bool blocked = kept - 1 > starter && last >= combining;
            if (starter >= 0 && !blocked && TryCompose(characters[starter].Code, code, tables, out int whole))
            {
                characters[starter] = (whole, 0);
                continue;
            }

            if (combining == 0)
                starter = kept;
            last = combining;
            characters[kept++] = (code, combining);
        }

        characters.RemoveRange(kept, characters.Count - kept);
    }

    private static bool TryCompose(int first, int second, Tables tables, out int whole)
    {
        (int lead, int vowel, int syllable, int final) = (first - Leads, second - Vowels, first - Syllables, second - Finals);
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
            whole = Syllables + (((lead * VowelCount) + vowel) * FinalCount);
        else if (syllable is >= 0 and < SyllableCount && syllable % FinalCount == 0 && final is > 0 and < FinalCount)
            whole = first + final;
        else
            return tables.Wholes.TryGetValue((first, second), out whole);
        return true;
    }

    /// <summary>The character database, as far as it is needed.</summary>
    /// <param name="Classes">Combining classes that are not 0.</param>
    /// <param name="Parts">What a character is made of, and whether it is only compatible with that.</param>
    /// <param name="Wholes">What two characters make.</param>
    private sealed record Tables(
        FrozenDictionary<int, int> Classes, FrozenDictionary<int, (int[] Codes, bool IsCompatible)> Parts, FrozenDictionary<(int, int), int> Wholes)
    {
        /// <summary>
        /// Reads them from the resource: lines <c>0300-0314#230</c> are classes; <c>00C0=0041 0300</c> is a character and its parts, with <c>!</c> where the parts do not become
        /// the character again, and <c>~</c> where they are only compatible.
        /// </summary>
        public static Tables Read()
        {
            var classes = new Dictionary<int, int>();
            var parts = new Dictionary<int, (int[], bool)>();
            var wholes = new Dictionary<(int, int), int>();
            using Stream resource = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("UnicodeDecompositions.txt")!;
            using var reader = new StreamReader(resource);
            while (reader.ReadLine() is { } line)
            {
                int at = line.AsSpan().IndexOfAny("#=!~");
                if (line[at] == '#')
                {
                    int dash = line.IndexOf('-', StringComparison.Ordinal);
                    for (int code = Hex(line[..dash]); code <= Hex(line[(dash + 1)..at]); code++)
                        classes.Add(code, int.Parse(line[(at + 1)..], CultureInfo.InvariantCulture));
                    continue;
                }

                int[] codes = [.. line[(at + 1)..].Split(' ').Select(Hex)];
                parts.Add(Hex(line[..at]), (codes, line[at] == '~'));
                if (line[at] == '=')
                    wholes.Add((codes[0], codes[1]), Hex(line[..at]));
            }

            return new Tables(classes.ToFrozenDictionary(), parts.ToFrozenDictionary(), wholes.ToFrozenDictionary());
        }

        private static int Hex(string code) => int.Parse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
