using DistEmbed.Worker.Corpus.Trees;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>An example before it is encoded.</summary>
/// <param name="File">The file it is from.</param>
/// <param name="Line">The line it starts at, from 1.</param>
/// <param name="Label">Its label.</param>
/// <param name="Text">Its text.</param>
internal readonly record struct LabelledText(string File, int Line, string Label, string Text)
{
    /// <summary>The tree over its words; null: it has none.</summary>
    public LabelledTree? Tree { get; init; }

    /// <summary>Whether it is no example, since its label is not among those that are learnt; the user is told how many are.</summary>
    public bool IsLeftOut { get; init; }

    /// <summary>Where it is, for an error.</summary>
    public string Where => Line > 0 ? $"{File}:{Line}" : File;
}
