namespace DistEmbed.Worker.Corpus;

/// <summary>The annotations of an example whose form is <c>Tags</c>: for n tokens n tags (<see cref="EntityTags"/>, or <see cref="None"/>), then n cases (<see cref="WordCase"/>).</summary>
public static class TagAnnotations
{
    /// <summary>The tag of a token that nobody has tagged.</summary>
    public const int None = -1;

    /// <summary>Makes the annotations of an example.</summary>
    public static int[] Of(ReadOnlySpan<int> tags, ReadOnlySpan<int> cases) => [.. tags, .. cases];

    /// <summary>Tags of the tokens of an example.</summary>
    public static ReadOnlySpan<int> Tags(ExampleSet data, int example) => Checked(data, example)[..data.Tokens(example).Length];

    /// <summary>Cases of the tokens of an example.</summary>
    public static ReadOnlySpan<int> Cases(ExampleSet data, int example) => Checked(data, example)[data.Tokens(example).Length..];

    private static ReadOnlySpan<int> Checked(ExampleSet data, int example)
    {
        ReadOnlySpan<int> annotations = data.Annotations(example);
        return annotations.Length == 2 * data.Tokens(example).Length ? annotations
            : throw new InvalidOperationException($"example {example} has {data.Tokens(example).Length} tokens and {annotations.Length} annotations, not a tag and a case for each");
    }
}
