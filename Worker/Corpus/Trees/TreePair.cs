namespace DistEmbed.Worker.Corpus.Trees;

/// <summary>
/// Two trees and how related they are, as annotations of an example whose tokens are the words of both sentences, one after the other: the score's distance from the lowest
/// label, as the bits of a float; the words of the first; its tree; the tree of the second.
/// </summary>
public static class TreePair
{
    private const int Head = 2;

    /// <summary>A pair of dependency trees as annotations.</summary>
    /// <param name="score">Distance from the lowest label, in labels.</param>
    /// <param name="first">Parents of the first tree's nodes; every node is a word.</param>
    /// <param name="second">Parents of the second tree's nodes.</param>
    public static int[] Write(float score, ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        int[] none = new int[Math.Max(first.Length, second.Length)];
        Array.Fill(none, -1);
        return [BitConverter.SingleToInt32Bits(score), first.Length, .. Tree.Write(first, none.AsSpan(0, first.Length)), .. Tree.Write(second, none.AsSpan(0, second.Length))];
    }

    /// <summary>The score that annotations begin with: its distance from the lowest label.</summary>
    public static float ScoreOf(ReadOnlySpan<int> annotations) => BitConverter.Int32BitsToSingle(annotations[0]);

    /// <summary>Reads annotations.</summary>
    /// <param name="annotations">What <see cref="Write"/> gave.</param>
    /// <param name="words">Words of both sentences.</param>
    /// <param name="labels">Number of labels; the score is at most one less.</param>
    /// <exception cref="InvalidDataException">They are no pair of trees over so many words.</exception>
    public static (float Score, Tree First, Tree Second) Read(ReadOnlySpan<int> annotations, int words, int labels)
    {
        if (annotations.Length < Head)
            throw new InvalidDataException($"{annotations.Length} numbers are no pair of trees.");
        float score = ScoreOf(annotations);
        int first = annotations[1];
        if (!(score >= 0 && score <= labels - 1))
            throw new InvalidDataException($"a pair's score is {score} labels above the lowest, of {labels}.");
        if (first < 0 || first > words || annotations.Length != Head + Tree.LengthOf(words))
            throw new InvalidDataException($"{annotations.Length} numbers are no pair of trees of {first} and {words - first} words.");
        ReadOnlySpan<int> trees = annotations[Head..];
        return (score, Tree.Read(trees[..Tree.LengthOf(first)], first, labels), Tree.Read(trees[Tree.LengthOf(first)..], words - first, labels));
    }
}
