namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Tags of named entities by number: 0 is O, outside; of type t (from 0, in ordinal order of name) 1 + 2t is B, its first word, and 2 + 2t is I, every other word
/// (BIO, also called IOB2).
/// </summary>
public static class EntityTags
{
    /// <summary>The tag of words outside of entities.</summary>
    public const int Outside = 0;

    /// <summary>The tag of a type's first word.</summary>
    public static int Begin(int type) => 1 + (2 * type);

    /// <summary>The tag of a type's other words.</summary>
    public static int Inside(int type) => 2 + (2 * type);

    /// <summary>The type of a tag; -1 for <see cref="Outside"/>.</summary>
    public static int TypeOf(int tag) => tag == Outside ? -1 : (tag - 1) / 2;

    /// <summary>Whether a tag is that of an entity's second or later word.</summary>
    public static bool IsInside(int tag) => tag > 0 && tag % 2 == 0;

    /// <summary>Whether a tag may stand after another one; null: at the start of a sentence. Only an entity that has begun goes on.</summary>
    public static bool MayFollow(int? before, int tag) => !IsInside(tag) || (before is { } other && TypeOf(other) == TypeOf(tag));

    /// <summary>Names of the tags of types.</summary>
    public static IReadOnlyList<string> Names(IEnumerable<string> types) => ["O", .. types.SelectMany(type => new[] { $"B-{type}", $"I-{type}" })];

    /// <summary>Names of the types, of the names of tags.</summary>
    public static IReadOnlyList<string> Types(IReadOnlyList<string> names) => [.. Enumerable.Range(0, (names.Count - 1) / 2).Select(type => names[Begin(type)][2..])];

    /// <summary>
    /// Makes a sentence's tags BIO: an I that goes on with nothing of its type begins an entity. So IO, IOB1 (B only where two entities of a type touch) and BIO
    /// are all read right.
    /// </summary>
    public static void MakeBio(Span<int> tags)
    {
        for (int word = 0; word < tags.Length; word++)
        {
            if (!MayFollow(word == 0 ? null : tags[word - 1], tags[word]))
                tags[word] = Begin(TypeOf(tags[word]));
        }
    }
}
