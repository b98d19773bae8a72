namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>A tree before its labels have numbers; nodes as in <see cref="Tree"/>.</summary>
/// <param name="Words">The words: the first nodes.</param>
/// <param name="Parents">The parent of each node; -1 for the root.</param>
/// <param name="Labels">The label of each node; null for none.</param>
internal sealed record LabelledTree(IReadOnlyList<string> Words, int[] Parents, string?[] Labels)
{
    /// <summary>The root's label.</summary>
    public string? RootLabel => Labels[Array.IndexOf(Parents, -1)];

    /// <summary>The annotations of the example.</summary>
    public int[] Annotations(IReadOnlyDictionary<string, int> numbers) =>
        Tree.Write(Parents, [.. Labels.Select(label => label is null ? -1 : numbers[label])]);
}
