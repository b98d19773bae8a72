using System.Globalization;

namespace DistEmbed.Protocol.Vectors;

/// <summary>An entry of a vector file that was left out.</summary>
/// <param name="Place">Where it stands, counted from 1: the line of a text file, the number of the word in a binary one.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record RejectedEntry(long Place, string Reason);

/// <summary>What one pass over a vector file met.</summary>
/// <param name="Info">What the beginning of the file told.</param>
/// <param name="Entries">Entries in the file, the rejected ones included; blank lines are none.</param>
/// <param name="Rejected">Entries left out: a number is nan or infinite or unreadable, there are too few numbers, the word is empty or (in text) no UTF-8.</param>
/// <param name="FirstRejected">The first few of them.</param>
/// <param name="RepairedWords">
/// Words of a binary file that are no UTF-8 (word2vec cuts long words inside a character); they were kept, with U+FFFD for what is not readable.
/// </param>
public sealed record VectorReadCounts(
    VectorFileInfo Info, long Entries, long Rejected, IReadOnlyList<RejectedEntry> FirstRejected, long RepairedWords)
{
    /// <summary>Whether the header claims another number of words than there are.</summary>
    public bool HeaderIsWrong => Info.DeclaredWords is { } declared && declared != Entries;

    /// <summary>What is to be said where the header is wrong; null: it is right, or there is none.</summary>
    public string? HeaderWarning => !HeaderIsWrong ? null : string.Create(CultureInfo.InvariantCulture,
        $"declares {Info.DeclaredWords:N0} words, but there are {Entries:N0}{(Entries < Info.DeclaredWords ? ": it may have been cut" : "")}");
}
