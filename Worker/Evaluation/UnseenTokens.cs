using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// The tokens of a part of the data whose rows training never changed. Such a word has the vector that it started with among others that moved, so that the
/// layers above, which were trained on those, may take it for something else.
/// </summary>
/// <param name="All">All tokens of the part; the words among them are those that the vocabulary has.</param>
/// <param name="Pretrained">Those with the pretrained vector that they started with.</param>
/// <param name="NoVector">Those that had no vector and have their first value.</param>
/// <param name="UnknownTokens">Tokens that the vocabulary does not have: all of them read one row, so how many words they are is not known.</param>
/// <param name="With">Examples with a token of one of these three kinds.</param>
/// <param name="Without">Examples of which every token's row was trained; those without any token are among them.</param>
/// <param name="Words">The words of <paramref name="Pretrained"/> and <paramref name="NoVector"/> that the part has most often, of equally frequent ones the one with the lower row first.</param>
public sealed record UnseenTokens(
    WordCount All, WordCount Pretrained, WordCount NoVector, int UnknownTokens, ExampleCount With, ExampleCount Without, IReadOnlyList<UnseenWord> Words)
{
    /// <summary>Counts the tokens of a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="states">What training did to the rows that its tokens read.</param>
    /// <param name="right">Whether a classifier is right about each example.</param>
    /// <param name="words">Words to name, at most.</param>
    /// <exception cref="ArgumentException"><paramref name="right"/> does not tell about each example.</exception>
    public static UnseenTokens Of(ExampleSet part, WordRowStates states, ReadOnlySpan<bool> right, int words)
    {
        if (right.Length != part.Count)
            throw new ArgumentException($"{right.Length} answers for {part.Count} examples", nameof(right));
        int[] counts = new int[states.Rows];
        ExampleCount with = default, without = default;
        for (int example = 0; example < part.Count; example++)
        {
            bool unseen = false;
            foreach (int row in part.Tokens(example))
            {
                counts[row]++;
                unseen |= states[row] != WordRowState.Moved;
            }

            if (unseen)
                with = with.Plus(right[example]);
            else
                without = without.Plus(right[example]);
        }

        WordCount Of(WordRowState state)
        {
            IReadOnlyList<int> rows = [.. states.In(state).Where(row => counts[row] > 0)];
            return new WordCount(rows.Sum(row => counts[row]), rows.Count);
        }

        WordCount moved = Of(WordRowState.Moved), pretrained = Of(WordRowState.Pretrained), noVector = Of(WordRowState.NoVector);
        int unknown = Of(WordRowState.Unknown).Tokens;
        IEnumerable<int> most = Enumerable.Range(WordVocabulary.FirstWordRow, states.Rows - WordVocabulary.FirstWordRow)
            .Where(row => counts[row] > 0 && states[row] != WordRowState.Moved).OrderByDescending(row => counts[row]).ThenBy(row => row).Take(words);
        return new UnseenTokens(
            new WordCount(part.TokenCount, moved.Words + pretrained.Words + noVector.Words), pretrained, noVector, unknown, with, without,
            [.. most.Select(row => new UnseenWord(row, counts[row], states[row] == WordRowState.Pretrained))]);
    }
}

/// <summary>Tokens, and how many different words they are.</summary>
/// <param name="Tokens">Tokens.</param>
/// <param name="Words">Different words among them.</param>
public readonly record struct WordCount(int Tokens, int Words);

/// <summary>Examples, and about how many of them a classifier is right.</summary>
/// <param name="Examples">Examples.</param>
/// <param name="Right">Those that it is right about.</param>
public readonly record struct ExampleCount(int Examples, int Right)
{
    /// <summary>One example more.</summary>
    internal ExampleCount Plus(bool right) => new(Examples + 1, Right + (right ? 1 : 0));
}

/// <summary>A word whose row training never changed.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Tokens">How often the part has it.</param>
/// <param name="Pretrained">Whether it has a pretrained vector.</param>
public readonly record struct UnseenWord(int Row, int Tokens, bool Pretrained);
