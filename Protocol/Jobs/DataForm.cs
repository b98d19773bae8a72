namespace DistEmbed.Protocol.Jobs;

/// <summary>What examples are.</summary>
public enum DataForm
{
    /// <summary>Text alone.</summary>
    Text,

    /// <summary>A text with one label.</summary>
    Labels,

    /// <summary>A parse tree over the words, with labels at its nodes; the root's is the example's.</summary>
    Trees,

    /// <summary>Two trees and how related they are.</summary>
    TreePairs,

    /// <summary>A tag at each word.</summary>
    Tags,

    /// <summary>A head and a relation at each word.</summary>
    Heads,
}
