using System.Collections.Frozen;
using DistEmbed.Protocol;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>
/// The tag scheme of a file, such as BIOES, and its conversion to BIO. A tag is O, or a letter, a hyphen and a type, in either case: B begins an entity, I (or M) goes on with
/// it, E (or L) is its last word, S (or U) its only one. A file without such letters may have bare types: neighbours with the same type are one entity then.
/// </summary>
internal sealed class TagScheme
{
    private const string Beginning = "BSU", Inside = "IMEL", Ending = "ELSU";

    private static readonly FrozenDictionary<string, string> s_names = new Dictionary<string, string>
    {
        ["E"] = "BIOES",
        ["S"] = "BIOES",
        ["M"] = "BMES",
        ["L"] = "BILOU",
        ["U"] = "BILOU",
    }.ToFrozenDictionary();

    private readonly bool _bare;

    private TagScheme(bool bare, string? name) => (_bare, Name) = (bare, name);

    /// <summary>A note that names the scheme; null for IO, IOB1 and BIO, which are read as they are.</summary>
    public string? Name { get; }

    /// <summary>Finds the scheme of a file.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="sentences">All of it.</param>
    /// <exception cref="InvalidInputException">A tag is of no scheme, or of another one than those before.</exception>
    public static TagScheme Of(SourceFile file, IReadOnlyList<TaggedSentence> sentences)
    {
        (string Tag, string Where)? bare = null, lettered = null;
        bool outside = false;
        var letters = new SortedSet<char>();
        foreach (TaggedSentence sentence in sentences)
        {
            for (int word = 0; word < sentence.Tags.Count; word++)
            {
                string tag = sentence.Tags[word];
                if (IsOutside(tag))
                    outside = true;
                else if (IsLettered(tag))
                    lettered ??= (tag, ConllReader.Place(file, sentence.Lines[word]));
                else
                    bare ??= (tag, ConllReader.Place(file, sentence.Lines[word]));
                if (IsLettered(tag))
                    letters.Add(char.ToUpperInvariant(tag[0]));
            }
        }

        if (bare is not { } odd)
            return new TagScheme(false, letters.Select(letter => s_names.GetValueOrDefault($"{letter}")).FirstOrDefault(name => name is not null));
        const string Fix = "Correct the line, or name the tag's column with data.tagColumn; schemes are IO, IOB1, BIO, BIOES, BILOU and bare types.";
        if (odd.Tag.EndsWith('-') || odd.Tag.Length == 1 || odd.Tag.StartsWith('-'))
            throw new InvalidInputException(odd.Where, $"The tag '{odd.Tag}' has no type: a tag is O, or a letter, a hyphen and a type such as B-PER.", Fix);
        if (lettered is { } other)
            throw new InvalidInputException(odd.Where, $"The tag '{odd.Tag}' is a bare type, but '{other.Tag}' ({other.Where}) has a letter and a hyphen before it.", Fix);
        return outside ? new TagScheme(true, "bare types") : throw new InvalidInputException(
            odd.Where, $"No tag of the file is O, so '{odd.Tag}' and the others are no tags of entities.", Fix);
    }

    /// <summary>The tags of a sentence as BIO, with their types checked.</summary>
    /// <exception cref="InvalidInputException">A type is no name.</exception>
    public string[] ToBio(SourceFile file, TaggedSentence sentence)
    {
        var bio = new string[sentence.Tags.Count];
        string before = "";
        for (int word = 0; word < bio.Length; word++)
        {
            string tag = sentence.Tags[word];
            if (IsOutside(tag))
            {
                (bio[word], before) = ("O", "");
                continue;
            }

            char letter = _bare ? 'I' : char.ToUpperInvariant(tag[0]);
            string type = GivenName.Label(_bare ? tag : tag[2..], file.Path, sentence.Lines[word]);
            bio[word] = (Inside.Contains(letter) && type == before ? "I-" : "B-") + type;
            before = Ending.Contains(letter) ? "" : type;
        }

        return bio;
    }

    private static bool IsOutside(string tag) => tag is "O" or "o";

    private static bool IsLettered(string tag) =>
        tag.Length > 2 && tag[1] == '-' && (Beginning.Contains(char.ToUpperInvariant(tag[0])) || Inside.Contains(char.ToUpperInvariant(tag[0])));
}
