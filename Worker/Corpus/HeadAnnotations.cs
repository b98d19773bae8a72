namespace DistEmbed.Worker.Corpus;

/// <summary>
/// The annotations of an example whose form is <c>Heads</c>: for n tokens n heads (the token's number from 1, 0 for the root, or <see cref="None"/>), then n relations
/// (index into the labels, or <see cref="None"/> for one that training does not know), then n part-of-speech tags (index into the symbols, or <see cref="None"/>).
/// </summary>
public static class HeadAnnotations
{
    /// <summary>The head, relation or tag that nobody has given, or that training does not know.</summary>
    public const int None = -1;

    /// <summary>Makes the annotations of an example.</summary>
    public static int[] Of(ReadOnlySpan<int> heads, ReadOnlySpan<int> relations, ReadOnlySpan<int> tags) => [.. heads, .. relations, .. tags];

    /// <summary>The annotations of an example whose words alone are known.</summary>
    public static int[] OfWords(int count)
    {
        int[] annotations = new int[3 * count];
        Array.Fill(annotations, None);
        return annotations;
    }

    /// <summary>Heads of the tokens of an example.</summary>
    public static ReadOnlySpan<int> Heads(ExampleSet data, int example) => Part(data, example, 0);

    /// <summary>Relations of the tokens of an example to their heads.</summary>
    public static ReadOnlySpan<int> Relations(ExampleSet data, int example) => Part(data, example, 1);

    /// <summary>Part-of-speech tags of the tokens of an example.</summary>
    public static ReadOnlySpan<int> Tags(ExampleSet data, int example) => Part(data, example, 2);

    private static ReadOnlySpan<int> Part(ExampleSet data, int example, int part)
    {
        ReadOnlySpan<int> annotations = data.Annotations(example);
        int count = data.Tokens(example).Length;
        return annotations.Length == 3 * count ? annotations.Slice(part * count, count)
            : throw new InvalidOperationException($"example {example} has {count} tokens and {annotations.Length} annotations, not a head, a relation and a tag for each");
    }
}
